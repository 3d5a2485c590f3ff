import { describe, expect, test } from 'vitest'
import type { AnyJson } from '../support/gateway.ts'
import type { ProviderName } from './providers/index.ts'
import { isRelayed } from './request-trap.ts'
import type { Wire } from './said.ts'
import { cells, routeOf, useWorld } from './world.ts'

const world = useWorld()

const id = 'call00001'
const name = 'weather'
const input = { city: 'Tōkyō', days: 2 }
const text = JSON.stringify(input)
const question = { role: 'user', content: 'Weather?' }
const call = { id, type: 'function', function: { name, arguments: text } }

const chat = (content: unknown): Wire => ({
  messages: [
    question,
    { role: 'assistant', ...(content !== undefined && { content }), tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: 'Rain' },
  ],
})

/** A turn of the assistant that is a call and no text, as each route may say it. */
const histories = [
  { route: 'chat', as: 'content null', asked: chat(null) },
  { route: 'chat', as: 'content empty', asked: chat('') },
  { route: 'chat', as: 'no content', asked: chat(undefined) },
  { route: 'chat', as: 'no parts', asked: chat([]) },
  {
    route: 'messages',
    as: 'the call alone',
    asked: {
      messages: [
        question,
        { role: 'assistant', content: [{ type: 'tool_use', id, name, input }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'Rain' }] },
      ],
    },
  },
  {
    route: 'messages',
    as: 'an empty text before the call',
    asked: {
      messages: [
        question,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: '' },
            { type: 'tool_use', id, name, input },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'Rain' }] },
      ],
    },
  },
  {
    route: 'responses',
    as: 'the call alone',
    asked: {
      input: [
        question,
        { type: 'function_call', call_id: id, name, arguments: text },
        { type: 'function_call_output', call_id: id, output: 'Rain' },
      ],
    },
  },
  {
    route: 'responses',
    as: 'an empty text before the call',
    asked: {
      input: [
        question,
        { role: 'assistant', content: '' },
        { type: 'function_call', call_id: id, name, arguments: text },
        { type: 'function_call_output', call_id: id, output: 'Rain' },
      ],
    },
  },
] as const

/** Providers refuse empty texts, or an absent one: what they get instead. */
const turns: Record<ProviderName, unknown> = {
  openai: { role: 'assistant', content: null, tool_calls: [call] },
  compatible: { role: 'assistant', content: null, tool_calls: [call] },
  mistral: { role: 'assistant', content: null, tool_calls: [call] },
  responses: { type: 'function_call', call_id: id, name, arguments: text },
  anthropic: { role: 'assistant', content: [{ type: 'tool_use', id, name, input }] },
  gemini: { role: 'model', parts: [{ functionCall: { id, name, args: input } }] },
  bedrock: { role: 'assistant', content: [{ toolUse: { toolUseId: id, name, input } }] },
  cohere: { role: 'assistant', tool_calls: [call] },
  // Its servers want the field, whatever is in it.
  ollama: {
    role: 'assistant',
    content: '',
    tool_calls: [{ id, function: { name, arguments: input } }],
  },
}

const conversation = (body: AnyJson): unknown[] => body.messages ?? body.input ?? body.contents

describe.each(histories)('$route, $as', ({ route, asked }) => {
  test.each(cells.filter((cell) => cell.route === route))('to $provider', async (cell) => {
    const { body, dropped } = await world.send(cell, { ...asked, tools: routeOf(cell).tools })
    expect(dropped).toEqual([])
    if (isRelayed(cell)) {
      expect(body).toMatchObject(asked)
      return
    }
    const [, turn, ...results] = conversation(body)
    expect(turn).toEqual(turns[cell.provider])
    expect(results).toHaveLength(1)
  })
})

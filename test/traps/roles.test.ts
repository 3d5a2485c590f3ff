import { describe, expect, test } from 'vitest'
import { isRelayed, testRequest, type RequestTrap } from './request-trap.ts'
import { cells, useWorld } from './world.ts'

const world = useWorld()

const user = (content: unknown) => ({ role: 'user', content })
const text = (words: string) => ({ type: 'text', text: words })

/** Gathered before the conversation by the providers that have one place for instructions, in their order. */
describe('system and developer messages, several and in the middle', () => {
  const said = (rename: (role: string) => string) => [
    { role: rename('system'), content: 'A' },
    { role: rename('developer'), content: 'B' },
    user('One'),
    { role: rename('system'), content: 'C' },
    user('Two'),
  ]
  const asSystem = said(() => 'system')
  const gets: RequestTrap['gets'] = {
    openai: { body: { messages: said((role) => role) } },
    compatible: { body: { messages: asSystem } },
    responses: { body: { input: said((role) => role) } },
    anthropic: { body: { system: [text('A'), text('B'), text('C')] } },
    gemini: {
      body: {
        systemInstruction: { parts: [{ text: 'A' }, { text: 'B' }, { text: 'C' }] },
        contents: [
          { role: 'user', parts: [{ text: 'One' }] },
          { role: 'user', parts: [{ text: 'Two' }] },
        ],
      },
    },
    bedrock: {
      body: {
        system: [{ text: 'A' }, { text: 'B' }, { text: 'C' }],
        messages: [{ role: 'user', content: [{ text: 'One' }, { text: 'Two' }] }],
      },
    },
    cohere: { body: { messages: asSystem } },
    mistral: { body: { messages: asSystem } },
    ollama: { body: { messages: asSystem } },
  }
  testRequest(world, {
    name: 'of every kind',
    asks: {
      chat: { messages: said((role) => role) },
      responses: {
        instructions: 'A',
        input: [
          { role: 'developer', content: 'B' },
          user('One'),
          { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'C' }] },
          user('Two'),
        ],
      },
    },
    gets,
  })

  /** No message may be said twice, nor a role be left that the provider refuses. */
  test.each(cells.filter((cell) => cell.route === 'chat' && !isRelayed(cell)))(
    'each is told once: $route to $provider',
    async (cell) => {
      const { sent } = await world.send(cell, { messages: said((role) => role) })
      const body = sent.body.toString()
      for (const word of ['A', 'B', 'C', 'One', 'Two']) expect(body.split(`"${word}"`)).toHaveLength(2)
      expect(body.includes('developer')).toBe(cell.provider === 'responses')
    },
  )
})

describe("Anthropic's system", () => {
  const parts = [text('A'), text('B')]
  const gets = (content: unknown, list: string[]): RequestTrap['gets'] => ({
    openai: { body: { messages: [{ role: 'system', content }, user('Hello')] } },
    compatible: { body: { messages: [{ role: 'system', content }, user('Hello')] } },
    responses: {
      body: {
        input: [
          {
            role: 'system',
            content:
              typeof content === 'string'
                ? content
                : list.map((words) => ({ type: 'input_text', text: words })),
          },
          user('Hello'),
        ],
      },
    },
    anthropic: {},
    gemini: { body: { systemInstruction: { parts: list.map((words) => ({ text: words })) } } },
    bedrock: { body: { system: list.map((words) => ({ text: words })) } },
    cohere: { body: { messages: [{ role: 'system', content }, user('Hello')] } },
    mistral: { body: { messages: [{ role: 'system', content }, user('Hello')] } },
    ollama: { body: { messages: [{ role: 'system', content: list.join('\n') }, user('Hello')] } },
  })
  testRequest(world, { name: 'a text', asks: { messages: { system: 'A' } }, gets: gets('A', ['A']) })
  testRequest(world, {
    name: 'several texts',
    asks: { messages: { system: parts } },
    gets: gets(parts, ['A', 'B']),
  })
})

/** Providers with one place for instructions take no conversation of nothing else. */
describe('instructions and nothing else', () => {
  const instructions = { role: 'system', content: 'A' }
  testRequest(world, {
    name: 'become a turn of the user where there must be one',
    asks: { chat: { messages: [instructions] }, responses: { input: [instructions] } },
    gets: {
      openai: { body: { messages: [instructions] } },
      compatible: { body: { messages: [instructions] } },
      responses: { body: { input: [instructions] } },
      anthropic: { body: { messages: [user([text('A')])] }, without: ['system'] },
      gemini: {
        body: { contents: [{ role: 'user', parts: [{ text: 'A' }] }] },
        without: ['systemInstruction'],
      },
      bedrock: { body: { messages: [user([{ text: 'A' }])] }, without: ['system'] },
      cohere: { body: { messages: [instructions] } },
      mistral: { body: { messages: [instructions] } },
      ollama: { body: { messages: [instructions] } },
    },
  })
})

import { describe, expect, test } from 'vitest'
import { geminiAnswer, geminiParts } from './providers/gemini.ts'
import { chatAnswer, chatChoice, chatChunk, chatDone, chatUsageChunk } from './providers/openai-chat.ts'
import { sse } from './providers/provider-wire.ts'
import { testRequest } from './request-trap.ts'
import type { Wire } from './said.ts'
import { cellsOf, playJson, playStream, useWorld } from './world.ts'

const world = useWorld()

describe('several choices', () => {
  const lost = { without: ['n'], dropped: ['n'] }
  testRequest(world, {
    name: 'asked for',
    asks: { chat: { n: 2 } },
    gets: {
      openai: {},
      compatible: {},
      mistral: { body: { n: 2 } },
      gemini: { body: { generationConfig: { candidateCount: 2 } } },
      responses: lost,
      anthropic: lost,
      bedrock: lost,
      cohere: lost,
      ollama: lost,
    },
  })

  /** Providers of one choice alone are left out: see above. */
  const several = cellsOf(['openai', 'compatible', 'mistral', 'gemini']).filter(
    ({ route }) => route === 'chat',
  )
  const texts = ['First.', 'Second.']
  const openaiJson = chatAnswer(texts.map((content, index) => chatChoice(index, { content }, 'stop')))
  const geminiJson = {
    ...geminiAnswer({}),
    candidates: texts.map((text, index) => ({ ...geminiParts({ text }), index, finishReason: 'STOP' })),
  }
  const openaiStream = [
    chatChunk({ role: 'assistant', content: '' }, null, { index: 1 }),
    chatChunk({ role: 'assistant', content: '' }),
    chatChunk({ content: 'Fir' }),
    chatChunk({ content: 'Second.' }, null, { index: 1 }),
    chatChunk({}, 'length', { index: 1 }),
    chatChunk({ content: 'st.' }),
    chatChunk({}, 'stop'),
    chatUsageChunk,
    chatDone,
  ]
  const candidate = (index: number, text: string, finishReason?: string) => ({
    ...geminiAnswer({}),
    candidates: [{ ...geminiParts({ text }), index, ...(finishReason && { finishReason }) }],
  })
  const geminiStream = [
    candidate(0, 'Fir'),
    candidate(1, 'Second.', 'MAX_TOKENS'),
    candidate(0, 'st.', 'STOP'),
  ].map((chunk) => sse(chunk))

  test.each(several)('come whole from $provider', async (cell) => {
    const json = cell.provider === 'gemini' ? geminiJson : openaiJson
    const { answer } = await world.call(cell, { n: 2 }, playJson(json))
    expect(
      answer.json.choices.map((choice: Wire) => [choice.index, (choice.message as Wire).content]),
    ).toEqual([
      [0, 'First.'],
      [1, 'Second.'],
    ])
  })

  test.each(several)('come mixed in a stream from $provider', async (cell) => {
    const frames = cell.provider === 'gemini' ? geminiStream : openaiStream
    const { answer } = await world.call(cell, { n: 2, stream: true }, playStream(cell, frames))
    const heard: Record<number, { text: string; finish?: string }> = {}
    for (const line of answer.text.split('\n').filter((text) => text.startsWith('data: {'))) {
      for (const { index, delta, finish_reason } of JSON.parse(line.slice(6)).choices) {
        heard[index] ??= { text: '' }
        heard[index].text += delta.content ?? ''
        if (finish_reason) heard[index].finish = finish_reason
      }
    }
    expect(heard).toEqual({
      0: { text: 'First.', finish: 'stop' },
      1: { text: 'Second.', finish: 'length' },
    })
    expect(answer.text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })
})

/** Fields that stand for themselves: each is written and read under its own name. */
import { expect, test } from 'vitest'
import type { ChatRequest } from '../../src/canonical/chat.ts'
import { mistralChat, openaiChat } from '../../src/dialects/openai-chat/index.ts'

const fields: readonly [Partial<ChatRequest>, string, unknown][] = [
  [{ metadata: { a: 'b' } }, 'metadata', { a: 'b' }],
  [{ safetyIdentifier: 'user-1' }, 'safety_identifier', 'user-1'],
  [{ promptCacheKey: 'k' }, 'prompt_cache_key', 'k'],
  [{ user: 'u' }, 'user', 'u'],
  [{ verbosity: 'low' }, 'verbosity', 'low'],
  [{ store: true }, 'store', true],
  [{ serviceTier: 'flex' }, 'service_tier', 'flex'],
  [{ logitBias: { 7: 1 } }, 'logit_bias', { 7: 1 }],
  [{ frequencyPenalty: 0.5 }, 'frequency_penalty', 0.5],
  [{ presencePenalty: 0.5 }, 'presence_penalty', 0.5],
  [{ topLogprobs: 2 }, 'top_logprobs', 2],
  [{ seed: 3 }, 'seed', 3],
  [{ n: 2 }, 'n', 2],
  [{ topP: 0.5 }, 'top_p', 0.5],
  [{ temperature: 0.5 }, 'temperature', 0.5],
  [{ maxOutputTokens: 9 }, 'max_completion_tokens', 9],
]

const hello = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }]

test.each(fields)('%j is `%s`', (given, name, value) => {
  const request: ChatRequest = { model: 'm', stream: false, messages: hello, ...given }
  const { body } = openaiChat.encodeRequest(request, {})
  expect(body[name]).toEqual(value)
  expect(openaiChat.decodeRequest(body).request).toMatchObject(given)
})

test('thinking within an assistant’s content is read as thinking, in both of its forms', () => {
  const content = [
    {
      type: 'thinking',
      thinking: [
        { type: 'text', text: 'Hm, ' },
        { type: 'text', text: 'four.' },
      ],
    },
    { type: 'thinking', thinking: 'Well.' },
    { type: 'text', text: 'Four' },
  ]
  const messages = [
    { role: 'user', content: 'Two and two?' },
    { role: 'assistant', content },
  ]
  const { request } = mistralChat.decodeRequest({ model: 'm', messages })
  expect(request.messages[1]!.content).toEqual([
    { type: 'thinking', text: 'Hm, four.' },
    { type: 'thinking', text: 'Well.' },
    { type: 'text', text: 'Four' },
  ])
})

test('a document by value is a part of the type `file`', () => {
  const source = { kind: 'base64', mediaType: 'application/pdf', data: 'AA==' } as const
  const messages = [
    { role: 'user' as const, content: [{ type: 'document' as const, source, title: 'a.pdf' }] },
  ]
  const { body } = openaiChat.encodeRequest({ model: 'm', stream: false, messages }, {})
  expect(body.messages).toEqual([
    {
      role: 'user',
      content: [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } }],
    },
  ])
})

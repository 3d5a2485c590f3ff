import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { carry, chatFeatures } from '../../src/dialects/features.ts'
import { openaiCompletions } from '../../src/dialects/openai-completions/index.ts'
import { recordings } from './openai-chat-recordings.ts'

const decode = (fields: JsonObject = {}) =>
  openaiCompletions.decodeRequest({ model: 'm', prompt: 'Once upon', ...fields })
const encode = (fields: Partial<ChatRequest> = {}) =>
  openaiCompletions.encodeRequest({ ...decode().request, ...fields }, {})

const sampling = {
  max_tokens: 20,
  temperature: 0.5,
  top_p: 0.9,
  top_k: 40,
  min_p: 0.1,
  stop: ['a', 'b'],
  seed: 7,
  n: 2,
  frequency_penalty: 0.1,
  presence_penalty: 0.2,
  logit_bias: { 50256: -100 },
  logprobs: 3,
  user: 'u',
}

describe('a request', () => {
  test('is one message of a user', () => {
    const { request, unknown } = decode()
    expect(request).toMatchObject({
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Once upon' }] }],
      stream: false,
    })
    expect(unknown).toEqual([])
    expect(decode({ prompt: ['Once upon'] }).request).toEqual(request)
  })

  test('has its settings under the names of the canonical form', () => {
    const { request, unknown } = decode(sampling)
    expect(unknown).toEqual([])
    expect(request).toMatchObject({
      maxOutputTokens: 20,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      minP: 0.1,
      stop: ['a', 'b'],
      seed: 7,
      n: 2,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      logitBias: { 50256: -100 },
      logprobs: true,
      topLogprobs: 3,
      user: 'u',
    })
  })

  test.each([
    ['stop', 'a', 'stop', ['a']],
    ['stop', [], 'stop', undefined],
    ['logprobs', true, 'topLogprobs', 0],
    ['logprobs', false, 'logprobs', undefined],
    ['logprobs', 0, 'logprobs', true],
    ['max_tokens', null, 'maxOutputTokens', undefined],
    ['stream', true, 'stream', true],
    ['stream_options', { include_usage: true }, 'includeUsage', true],
  ] as const)('with %s %j has %s %j', (field, value, name, expected) => {
    expect(decode({ [field]: value }).request[name]).toEqual(expected)
  })

  test('keeps what only a text completion can do, unless it asks for nothing', () => {
    const fields = { suffix: ' the end', echo: true, best_of: 3 }
    expect(decode(fields).request.extensions).toEqual({ dialect: 'openai-completions', fields })
    expect(decode({ suffix: '', echo: false, best_of: 1 }).request.extensions).toBeUndefined()
  })

  test('names the fields that nobody here knows', () => {
    const { unknown } = decode({
      repetition_penalty: 1.1,
      nothing: null,
      stream_options: { include_obfuscation: true, continuous_usage_stats: true },
    })
    expect(unknown).toEqual([
      'repetition_penalty',
      'stream_options.continuous_usage_stats',
      'stream_options.include_obfuscation',
    ])
    expect(decode({ stream_options: { include_obfuscation: false } }).unknown).toEqual([])
  })

  test.each([
    [{ prompt: undefined }, 'prompt', 'missing'],
    [{ prompt: null }, 'prompt', 'null'],
    [{ prompt: '' }, 'prompt', 'an empty string'],
    [{ prompt: 7 }, 'prompt', '7'],
    [{ prompt: {} }, 'prompt', 'an object'],
    [{ prompt: [] }, 'prompt[0]', 'missing'],
    [{ prompt: [''] }, 'prompt[0]', 'an empty string'],
    [{ prompt: [null] }, 'prompt[0]', 'null'],
    [{ prompt: ['a', 'b'] }, 'prompt', 'an array of 2 prompts'],
    [{ prompt: [1, 2] }, 'prompt', 'made of tokens'],
    [{ prompt: [[1, 2]] }, 'prompt', 'made of tokens'],
    [{ model: '' }, 'model', 'an empty string'],
    [{ max_tokens: -1 }, 'max_tokens', '-1'],
    [{ temperature: 'hot' }, 'temperature', 'a string'],
    [{ top_p: true }, 'top_p', 'true'],
    [{ top_k: 1.5 }, 'top_k', '1.5'],
    [{ min_p: [] }, 'min_p', 'an empty array'],
    [{ n: 0 }, 'n', '0'],
    [{ stream: 'yes' }, 'stream', 'a string'],
    [{ stream_options: [] }, 'stream_options', 'an empty array'],
    [{ stream_options: { include_usage: 1 } }, 'stream_options.include_usage', '1'],
    [{ logprobs: -1 }, 'logprobs', '-1'],
    [{ echo: 'yes' }, 'echo', 'a string'],
    [{ best_of: 'three' }, 'best_of', 'a string'],
    [{ suffix: 1 }, 'suffix', '1'],
    [{ stop: [1] }, 'stop[0]', '1'],
    [{ stop: {} }, 'stop', 'an object'],
    [{ seed: 'x' }, 'seed', 'a string'],
    [{ frequency_penalty: 'x' }, 'frequency_penalty', 'a string'],
    [{ presence_penalty: 'x' }, 'presence_penalty', 'a string'],
    [{ logit_bias: { 1: 'x' } }, 'logit_bias.1', 'a string'],
    [{ logit_bias: [] }, 'logit_bias', 'an empty array'],
    [{ user: 1 }, 'user', '1'],
  ])('%j is refused: %s is %s', (fields, param, found) => {
    expect(() => decode(fields)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({
          param,
          message: expect.stringContaining(`\`${param}\` is ${found}`) as string,
        }),
      }) as Error,
    )
  })

  test('to another provider loses what a conversation has no place for, by its own names', () => {
    const { request } = decode({ ...sampling, suffix: 's', echo: true, best_of: 2 })
    const carried = carry(request, openaiCompletions.features, anthropicMessages)
    expect(carried.lost).toEqual([
      ...['min_p', 'seed', 'n', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs'],
      ...['suffix', 'echo', 'best_of'],
    ])
    expect(anthropicMessages.encodeRequest(carried.request, {}).body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Once upon' }] },
    ])
  })
})

describe('a request written for a completion', () => {
  test('comes out as it went in', () => {
    const body = { model: 'm', prompt: 'Once upon', ...sampling, suffix: 's', echo: true, best_of: 3 }
    expect(openaiCompletions.encodeRequest(decode(body).request, {})).toEqual({ body, lost: [] })
  })

  test('asks a stream for its usage', () => {
    const { body } = encode({ stream: true })
    expect(body).toEqual({
      model: 'm',
      prompt: 'Once upon',
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('has log probabilities only where they were asked for', () => {
    expect(encode({ logprobs: true }).body.logprobs).toBe(0)
    expect(encode({ logprobs: false, topLogprobs: 3 }).body.logprobs).toBeUndefined()
  })

  test('leaves out what only another dialect can say', () => {
    const extensions = { dialect: 'openai-chat', fields: { prediction: {} } } as const
    expect(encode({ extensions }).body).toEqual({ model: 'm', prompt: 'Once upon' })
  })

  test('joins the texts of its message', () => {
    const content = [
      { type: 'text', text: 'Once ' },
      { type: 'text', text: 'upon' },
    ] as const
    expect(encode({ messages: [{ role: 'user', content: [...content] }] }).body.prompt).toBe('Once upon')
  })

  const words = { type: 'text', text: 'a' } as const
  test.each<[string, ChatRequest['messages']]>([
    ['no message', []],
    [
      'two messages',
      [
        { role: 'user', content: [words] },
        { role: 'user', content: [words] },
      ],
    ],
    ['a message of the system', [{ role: 'system', content: [words] }]],
    ['an answer', [{ role: 'assistant', content: [words] }]],
    ['nothing said', [{ role: 'user', content: [] }]],
    ['more than text', [{ role: 'user', content: [words, { type: 'audio', format: 'wav', data: '' }] }]],
  ])('cannot be made of %s', (_what, messages) => {
    expect(() => encode({ messages })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({ param: 'messages' }),
      }) as Error,
    )
  })

  test('has a row for every feature', () => {
    expect(Object.keys(openaiCompletions.features).sort()).toEqual(Object.keys(chatFeatures).sort())
  })
})

describe('every recorded request', () => {
  const all = recordings('openai-completions').map((each) => [each.id, each.request.body!] as const)
  const good = all.filter(([id]) => !id.includes('bad-request'))
  /** Fields of one server alone, which a translated call names as unknown. */
  const justifiedUnknown: Record<string, string[]> = {
    'vllm/completions-openai-completion-guided-choice-2367be': ['extra_body'],
  }

  test('is here', () => expect(good.length).toBeGreaterThanOrEqual(3))

  test.each(good)('%s keeps its meaning through decode and encode', (id, body) => {
    const { request, unknown } = openaiCompletions.decodeRequest(body)
    expect(unknown).toEqual(justifiedUnknown[id] ?? [])
    const said = Object.entries(body).filter(
      ([name, value]) => value !== null && !unknown.includes(name) && !(name === 'stream' && value === false),
    )
    expect(openaiCompletions.encodeRequest(request, {})).toEqual({
      body: Object.fromEntries(said),
      lost: [],
    })
  })

  test('with an empty prompt is refused', () => {
    const [, body] = all.find(([id]) => id.includes('bad-request'))!
    expect(() => openaiCompletions.decodeRequest(body)).toThrow()
  })
})

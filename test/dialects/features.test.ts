/** Each feature by itself: what uses it, what is left without it, and how `carry` names what a target cannot take. */
import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message, ToolResultBlock } from '../../src/canonical/chat.ts'
import { carry, chatFeatures, type ChatFeature, type FeatureTable } from '../../src/dialects/features.ts'

const text = (words: string): Block => ({ type: 'text', text: words })
const user = (...content: Block[]): Message => ({ role: 'user', content })
const plain: ChatRequest = { model: 'm', stream: false, messages: [user(text('Hello'))] }

const own = { dialect: 'gemini', value: 'own' } as const
const foreign = { dialect: 'cohere', value: 'foreign' } as const
const target = 'gemini'

const result = (...content: ToolResultBlock['content']): ToolResultBlock => ({
  type: 'tool_result',
  toolCallId: 'c1',
  content,
})
const image = (kind: 'base64' | 'url'): Block & { type: 'image' } => ({
  type: 'image',
  source: kind === 'url' ? { kind, url: 'https://x/y.png' } : { kind, mediaType: 'image/png', data: 'AA==' },
})
const document = (kind: 'base64' | 'url' | 'text'): Block & { type: 'document' } => ({
  type: 'document',
  source:
    kind === 'url'
      ? { kind, url: 'https://x/y.pdf' }
      : kind === 'text'
        ? { kind, text: 'words' }
        : { kind, mediaType: 'application/pdf', data: 'AA==' },
})
const file = (dialect: 'gemini' | 'cohere', type: 'image' | 'document'): Block => ({
  type,
  source: { kind: 'file', dialect, id: 'f' },
})
const tool = { type: 'function', name: 'f', parameters: {} } as const
const said = (...content: Block[]): Partial<ChatRequest> => ({ messages: [user(text('Hello'), ...content)] })

/** What a request has beyond the plain one, and what is left of that without the feature. */
interface Case {
  uses: Partial<ChatRequest>
  leaves: Partial<ChatRequest>
  /** Looks like it, and is not. */
  spares?: Partial<ChatRequest>[]
}

const field = (fields: Partial<ChatRequest>): Case => ({
  uses: fields,
  leaves: Object.fromEntries(Object.keys(fields).map((name) => [name, undefined])),
})
const gone = (block: Block, ...spares: Block[]): Case => ({
  uses: said(block),
  leaves: said(),
  spares: spares.map((each) => said(each)),
})
const changed = (block: Block, without: Block, ...spares: Block[]): Case => ({
  uses: said(block),
  leaves: said(without),
  spares: spares.map((each) => said(each)),
})

const cases: Readonly<Record<ChatFeature, Case>> = {
  max_output_tokens: field({ maxOutputTokens: 9 }),
  temperature: field({ temperature: 0 }),
  top_p: field({ topP: 0 }),
  top_k: field({ topK: 1 }),
  min_p: field({ minP: 0 }),
  stop: field({ stop: ['x'] }),
  seed: field({ seed: 0 }),
  n: { ...field({ n: 2 }), spares: [{ n: 1 }] },
  frequency_penalty: field({ frequencyPenalty: 0 }),
  presence_penalty: field({ presencePenalty: 0 }),
  logit_bias: field({ logitBias: { 1: 1 } }),
  logprobs: { ...field({ logprobs: true }), spares: [{ logprobs: false }] },
  top_logprobs: field({ topLogprobs: 0 }),
  user: field({ user: 'u' }),
  metadata: field({ metadata: { a: 'b' } }),
  service_tier: field({ serviceTier: 'flex' }),
  verbosity: field({ verbosity: 'low' }),
  prompt_cache_key: field({ promptCacheKey: 'k' }),
  safety_identifier: field({ safetyIdentifier: 's' }),
  store: { ...field({ store: true }), spares: [{ store: false }] },
  modalities: { ...field({ modalities: ['text', 'audio'] }), spares: [{ modalities: ['text'] }] },
  thinking: field({ thinking: { enabled: false } }),
  tools: {
    uses: { tools: [tool, { type: 'opaque', tool: own }] },
    leaves: { tools: [{ type: 'opaque', tool: own }] },
    spares: [{ tools: [{ type: 'opaque', tool: own }] }, { tools: [] }],
  },
  strict_tools: {
    uses: { tools: [{ ...tool, strict: true }, tool, { type: 'opaque', tool: own }] },
    leaves: {
      tools: [
        { ...tool, strict: undefined },
        { ...tool, strict: undefined },
        { type: 'opaque', tool: own },
      ],
    },
    spares: [{ tools: [{ ...tool, strict: false }, tool, { type: 'opaque', tool: own }] }],
  },
  tool_choice: field({ toolChoice: { type: 'none' } }),
  parallel_tool_calls: field({ parallelToolCalls: false }),
  json_object: {
    ...field({ responseFormat: { type: 'json_object' } }),
    spares: [{ responseFormat: { type: 'text' } }, { responseFormat: { type: 'json_schema', schema: {} } }],
  },
  json_schema: {
    ...field({ responseFormat: { type: 'json_schema', schema: {} } }),
    spares: [{ responseFormat: { type: 'text' } }, { responseFormat: { type: 'json_object' } }],
  },
  participant_name: {
    uses: { messages: [user(text('a')), { ...user(text('b')), name: 'Ann' }] },
    leaves: { messages: [user(text('a')), user(text('b'))] },
  },
  image_base64: gone(image('base64'), image('url'), document('base64')),
  image_url: gone(image('url'), image('base64'), document('url')),
  image_detail: changed(
    { ...image('url'), detail: 'low' },
    image('url'),
    { ...image('url'), detail: 'auto' },
    document('url'),
  ),
  document_base64: gone(document('base64'), document('text'), image('base64')),
  document_url: gone(document('url'), document('base64'), image('url')),
  document_text: gone(document('text'), document('url')),
  audio: gone({ type: 'audio', format: 'wav', data: 'AA==' }, image('base64')),
  tool_result_image: changed(
    result({ type: 'text', text: 'r' }, image('url')),
    result({ type: 'text', text: 'r' }),
    image('url'),
    result(document('url')),
    result(),
  ),
  tool_result_document: changed(
    result(document('url'), { type: 'text', text: 'r' }),
    result({ type: 'text', text: 'r' }),
    document('url'),
    result(image('url')),
  ),
  tool_result_error: changed(
    { ...result(), isError: true },
    result(),
    { ...result(), isError: false },
    text('x'),
  ),
  foreign_thinking: {
    uses: said(
      { type: 'thinking', text: 't' },
      { type: 'thinking', text: 't', signature: foreign },
      { type: 'thinking', text: 'kept', signature: own },
      { type: 'redacted_thinking', data: foreign },
      { type: 'redacted_thinking', data: own },
    ),
    leaves: said(
      { type: 'thinking', text: 'kept', signature: own },
      { type: 'redacted_thinking', data: own },
    ),
    spares: [
      said({ type: 'thinking', text: 't', signature: own }),
      said({ type: 'redacted_thinking', data: own }),
    ],
  },
  foreign_file: {
    uses: said(
      file('cohere', 'image'),
      file('cohere', 'document'),
      file('gemini', 'image'),
      result(file('cohere', 'image') as never),
    ),
    leaves: said(file('gemini', 'image'), result()),
    spares: [said(file('gemini', 'document')), said(image('url')), said(text('x'))],
  },
  foreign_block: {
    uses: said({ type: 'opaque', block: foreign }, { type: 'opaque', block: own }),
    leaves: said({ type: 'opaque', block: own }),
    spares: [said({ type: 'opaque', block: own })],
  },
  foreign_tool: {
    uses: { tools: [tool, { type: 'opaque', tool: foreign }, { type: 'opaque', tool: own }] },
    leaves: { tools: [tool, { type: 'opaque', tool: own }] },
    spares: [{ tools: [tool, { type: 'opaque', tool: own }] }],
  },
  cache_control: {
    uses: {
      messages: [
        user(
          { type: 'text', text: 'a', cache: {} },
          { ...result({ ...image('url'), cache: { ttl: '1h' } }), cache: {} },
        ),
      ],
      tools: [
        { ...tool, cache: {} },
        { type: 'opaque', tool: own },
      ],
    },
    leaves: {
      messages: [user(text('a'), result(image('url')))],
      tools: [tool, { type: 'opaque', tool: own }],
    },
    spares: [{ tools: [tool] }, said(image('url'))],
  },
}

const named = Object.entries(cases) as [ChatFeature, Case][]

describe('each feature', () => {
  test('has its case', () => expect(Object.keys(cases).sort()).toEqual(Object.keys(chatFeatures).sort()))

  test.each(named)(
    '%s is found where it is used, and gone without it',
    (name, { uses, leaves, spares = [] }) => {
      const feature = chatFeatures[name]
      const request = { ...plain, ...uses }
      const before = structuredClone(request)
      expect(feature.used(request, target)).toBe(true)
      expect(feature.without(request, target)).toEqual({ ...plain, ...leaves })
      expect(request).toEqual(before)
      expect(feature.used({ ...plain, ...leaves }, target)).toBe(false)
      for (const other of [plain, ...spares.map((spare) => ({ ...plain, ...spare }))]) {
        expect(feature.used(other, target)).toBe(false)
        expect(feature.without({ ...plain, ...uses, ...other }, target)).toBeDefined()
      }
    },
  )

  test('is found in a cache mark on tools alone, and on a block inside of a result alone', () => {
    const { used } = chatFeatures.cache_control
    expect(used({ ...plain, tools: [{ ...tool, cache: {} }] })).toBe(true)
    expect(used({ ...plain, ...said(result({ type: 'text', text: 'r', cache: {} })) })).toBe(true)
    expect(used({ ...plain, ...said({ type: 'text', text: 'x', cache: {} }) })).toBe(true)
  })

  test('a message that held nothing else is gone too, one that was empty stays', () => {
    const empty = user()
    const messages = [user(image('url')), empty, user(text('x'))]
    expect(chatFeatures.image_url.without({ ...plain, messages }, target).messages).toEqual([
      empty,
      user(text('x')),
    ])
  })
})

/** A table in which everything is carried but the named. */
const tableOf = (dropped: readonly ChatFeature[], prefix: string): FeatureTable =>
  Object.fromEntries(
    named.map(([name]) => [
      name,
      { field: `${prefix}.${name}`, carriage: dropped.includes(name) ? 'dropped' : 'carried' },
    ]),
  ) as unknown as FeatureTable

describe('carry', () => {
  const request: ChatRequest = { ...plain, topK: 1, seed: 2, user: 'u' }

  test('takes out what the target drops, in the order of the table, by the caller’s names', () => {
    const to = { name: target, features: tableOf(['seed', 'top_k', 'min_p'], 'theirs') } as const
    const { request: carried, lost } = carry(request, tableOf([], 'mine'), to)
    expect(lost).toEqual(['mine.top_k', 'mine.seed'])
    expect(carried).toEqual({ ...plain, user: 'u' })
  })

  test('says the feature where the caller’s dialect has no field for it', () => {
    const from = { ...tableOf([], 'mine'), top_k: { field: null, carriage: 'carried' as const } }
    const to = { name: target, features: tableOf(['top_k'], 'theirs') } as const
    expect(carry(request, from, to).lost).toEqual(['top_k'])
  })

  test('leaves out fields of another dialect, named last, and keeps the target’s own', () => {
    const to = { name: target, features: tableOf(['seed'], 'theirs') } as const
    const withFields = (dialect: 'gemini' | 'cohere') => ({
      ...request,
      extensions: { dialect, fields: { a: 1, b: 2 } },
    })
    const foreignFields = carry(withFields('cohere'), tableOf([], 'mine'), to)
    expect(foreignFields.lost).toEqual(['mine.seed', 'a', 'b'])
    expect(foreignFields.request.extensions).toBeUndefined()
    const ownFields = carry(withFields('gemini'), tableOf([], 'mine'), to)
    expect(ownFields.lost).toEqual(['mine.seed'])
    expect(ownFields.request.extensions).toEqual({ dialect: 'gemini', fields: { a: 1, b: 2 } })
  })
})

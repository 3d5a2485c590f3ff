import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message, Tool } from '../../src/canonical/chat.ts'
import { parseJson } from '../../src/canonical/json.ts'
import type { RawJson } from '../../src/canonical/json.ts'
import { carry } from '../../src/dialects/features.ts'
import { gemini, vertexGemini } from '../../src/dialects/gemini/index.ts'

const user: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
const base: ChatRequest = { model: 'gemini-2.5-flash', stream: false, messages: [user] }
const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
const encode = (fields: Partial<ChatRequest>, modelMaxOutputTokens?: number) =>
  gemini.encodeRequest({ ...base, ...fields }, { modelMaxOutputTokens })

/** What the fields become: the body without the conversation, and what is lost. */
function written(fields: Partial<ChatRequest>, modelMaxOutputTokens?: number) {
  const { body, lost } = encode(fields, modelMaxOutputTokens)
  const { contents: sent, ...rest } = body
  expect(sent).toEqual(contents)
  return { ...rest, lost }
}

const config = (generationConfig: object, ...lost: string[]) => ({ generationConfig, lost })

describe('a request written for generateContent', () => {
  test('of the smallest kind holds the conversation alone: model and stream stand in the path', () => {
    expect(encode({ stream: true })).toEqual({ body: { contents }, lost: [] })
  })

  test.each<[string, Partial<ChatRequest>, object]>([
    ['max output tokens', { maxOutputTokens: 5 }, config({ maxOutputTokens: 5 })],
    ['no output', { maxOutputTokens: 0 }, config({ maxOutputTokens: 1 }, 'max_output_tokens')],
    ['temperature', { temperature: 1.5 }, config({ temperature: 1.5 })],
    ['a temperature too high', { temperature: 2.5 }, config({ temperature: 2 }, 'temperature')],
    ['a temperature too low', { temperature: -1 }, config({ temperature: 0 }, 'temperature')],
    ['top_p', { topP: 0.5 }, config({ topP: 0.5 })],
    ['a top_p too high', { topP: 3 }, config({ topP: 1 }, 'top_p')],
    ['top_k', { topK: 7 }, config({ topK: 7 })],
    ['top_k 1', { topK: 1 }, config({ topK: 1 })],
    ['a top_k that means all', { topK: -1 }, { lost: [] }],
    ['stop sequences', { stop: ['a', 'b'] }, config({ stopSequences: ['a', 'b'] })],
    [
      'too many stop sequences',
      { stop: ['a', 'b', 'c', 'd', 'e', 'f'] },
      config({ stopSequences: ['a', 'b', 'c', 'd', 'e'] }, 'stop'),
    ],
    ['an empty stop sequence', { stop: [''] }, { lost: ['stop'] }],
    ['a seed', { seed: 42 }, config({ seed: 42 })],
    ['the greatest seed', { seed: 2_147_483_647 }, config({ seed: 2_147_483_647 })],
    ['the smallest seed', { seed: -2_147_483_648 }, config({ seed: -2_147_483_648 })],
    ['a seed beyond 32 bits', { seed: 2_147_483_648 }, { lost: ['seed'] }],
    ['a negative seed beyond 32 bits', { seed: -2_147_483_649 }, { lost: ['seed'] }],
    ['a seed beyond 2^53', { seed: parseJson('9007199254740993') as RawJson }, { lost: ['seed'] }],
    ['several choices', { n: 3 }, config({ candidateCount: 3 })],
    ['too many choices', { n: 9 }, config({ candidateCount: 8 }, 'n')],
    ['a presence penalty', { presencePenalty: -0.5 }, config({ presencePenalty: -0.5 })],
    [
      'a presence penalty too high',
      { presencePenalty: 3 },
      config({ presencePenalty: 2 }, 'presence_penalty'),
    ],
    ['a frequency penalty', { frequencyPenalty: 0.5 }, config({ frequencyPenalty: 0.5 })],
    [
      'a frequency penalty too low',
      { frequencyPenalty: -3 },
      config({ frequencyPenalty: -2 }, 'frequency_penalty'),
    ],
    ['logprobs', { logprobs: true }, config({ responseLogprobs: true })],
    ['top logprobs', { logprobs: true, topLogprobs: 3 }, config({ responseLogprobs: true, logprobs: 3 })],
    ['no top logprobs', { logprobs: true, topLogprobs: 0 }, config({ responseLogprobs: true })],
    [
      'too many top logprobs',
      { logprobs: true, topLogprobs: 21 },
      config({ responseLogprobs: true, logprobs: 20 }, 'top_logprobs'),
    ],
    ['top logprobs without logprobs', { topLogprobs: 3 }, { lost: ['top_logprobs'] }],
    ['logprobs turned off', { logprobs: false, topLogprobs: 0 }, { lost: [] }],
    ['text', { responseFormat: { type: 'text' } }, { lost: [] }],
    [
      'any JSON',
      { responseFormat: { type: 'json_object' } },
      config({ responseMimeType: 'application/json' }),
    ],
    [
      'JSON by a schema',
      { responseFormat: { type: 'json_schema', name: 'x', schema: { type: 'object' } } },
      config({ responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } }),
    ],
    [
      'metadata',
      { metadata: { team: 'a-1', größe: 'ü', empty: '' } },
      { labels: { team: 'a-1', größe: 'ü', empty: '' }, lost: [] },
    ],
    [
      'metadata of which not all can be labels',
      { metadata: { Team: 'a', team: 'A B', '1st': 'a', ok: 'yes', long: 'x'.repeat(64) } },
      { labels: { ok: 'yes' }, lost: ['metadata'] },
    ],
    ['metadata without a label', { metadata: { Team: 'a' } }, { lost: ['metadata'] }],
    ['the default tier', { serviceTier: 'default' }, { serviceTier: 'standard', lost: [] }],
    ['Anthropic’s standard tier', { serviceTier: 'standard_only' }, { serviceTier: 'standard', lost: [] }],
    ['the flex tier', { serviceTier: 'flex' }, { serviceTier: 'flex', lost: [] }],
    ['the priority tier', { serviceTier: 'priority' }, { serviceTier: 'priority', lost: [] }],
    ['any tier', { serviceTier: 'auto' }, { lost: [] }],
    ['a tier that is not there', { serviceTier: 'scale' }, { lost: ['service_tier'] }],
    ['storing', { store: false }, { store: false, lost: [] }],
    ['one call at a time', { parallelToolCalls: false }, { lost: ['parallel_tool_calls'] }],
    ['parallel calls', { parallelToolCalls: true }, { lost: [] }],
  ])('%s', (_, fields, expected) => {
    expect(written(fields)).toEqual(expected)
  })

  test('asks for no more than the model can produce, and says so', () => {
    expect(written({ maxOutputTokens: 9000 }, 8192)).toEqual(
      config({ maxOutputTokens: 8192 }, 'max_output_tokens'),
    )
    expect(written({ maxOutputTokens: 8192 }, 8192)).toEqual(config({ maxOutputTokens: 8192 }))
  })
})

describe('tools', () => {
  const weather: Tool = {
    type: 'function',
    name: 'weather',
    description: 'Tells it.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false },
  }
  const bare: Tool = { type: 'function', name: 'now' }
  const declared = {
    name: 'weather',
    description: 'Tells it.',
    parametersJsonSchema: weather.parameters,
  }
  const tools = [{ functionDeclarations: [declared, { name: 'now' }] }]
  const choice = (functionCallingConfig: object) => ({
    tools,
    toolConfig: { functionCallingConfig },
    lost: [],
  })
  const own = { type: 'opaque', tool: { dialect: 'gemini', value: { googleSearch: {} } } } as const
  const foreign = { type: 'opaque', tool: { dialect: 'anthropic-messages', value: {} } } as const

  test.each<[string, Partial<ChatRequest>, object]>([
    ['are declared with their JSON Schema', { tools: [weather, bare] }, { tools, lost: [] }],
    ['none', { tools: [] }, { lost: [] }],
    [
      'of this API stand beside',
      { tools: [bare, own] },
      { tools: [{ functionDeclarations: [{ name: 'now' }] }, { googleSearch: {} }], lost: [] },
    ],
    ['of this API alone', { tools: [own] }, { tools: [{ googleSearch: {} }], lost: [] }],
    ['of another API', { tools: [foreign] }, { lost: ['foreign_tool'] }],
    ['left to the model', { tools: [weather, bare], toolChoice: { type: 'auto' } }, choice({ mode: 'AUTO' })],
    ['forbidden', { tools: [weather, bare], toolChoice: { type: 'none' } }, choice({ mode: 'NONE' })],
    ['demanded', { tools: [weather, bare], toolChoice: { type: 'required' } }, choice({ mode: 'ANY' })],
    [
      'one demanded',
      { tools: [weather, bare], toolChoice: { type: 'tool', name: 'now' } },
      choice({ mode: 'ANY', allowedFunctionNames: ['now'] }),
    ],
    [
      'strict, left to the model',
      { tools: [{ ...weather, strict: true }, bare] },
      choice({ mode: 'VALIDATED' }),
    ],
    [
      'strict and auto',
      { tools: [{ ...weather, strict: true }, bare], toolChoice: { type: 'auto' } },
      choice({ mode: 'VALIDATED' }),
    ],
    [
      'strict and demanded',
      { tools: [{ ...weather, strict: true }, bare], toolChoice: { type: 'required' } },
      choice({ mode: 'ANY' }),
    ],
    [
      'strict and forbidden',
      { tools: [{ ...weather, strict: true }, bare], toolChoice: { type: 'none' } },
      choice({ mode: 'NONE' }),
    ],
    ['not strict', { tools: [{ ...weather, strict: false }, bare] }, { tools, lost: [] }],
    ['demanded without any', { toolChoice: { type: 'required' } }, { lost: ['tool_choice'] }],
    ['one demanded without any', { toolChoice: { type: 'tool', name: 'a' } }, { lost: ['tool_choice'] }],
    ['forbidden without any', { toolChoice: { type: 'none' } }, { lost: [] }],
  ])('%s', (_, fields, expected) => {
    expect(written(fields)).toEqual(expected)
  })
})

describe('thinking', () => {
  const thoughts = { includeThoughts: true }
  type Row = [string, ChatRequest['thinking'], object | undefined, boolean?]
  const check = (model: string, rows: Row[]) =>
    test.each(rows)(`${model}: %s`, (_, thinking, thinkingConfig, isLost = false) => {
      const { body, lost } = encode({ model, thinking })
      expect(body.generationConfig).toEqual(thinkingConfig && { thinkingConfig })
      expect(lost).toEqual(isLost ? ['thinking'] : [])
    })

  check('gemini-2.5-flash', [
    ['nothing asked', undefined, undefined],
    ['on', { enabled: true }, thoughts],
    [
      'on, its thoughts untold',
      { enabled: true, display: 'omitted', budgetTokens: 9 },
      { thinkingBudget: 9 },
    ],
    ['told as a summary', { enabled: true, display: 'summarized' }, thoughts],
    ['as much as the model likes', { enabled: true, adaptive: true }, { ...thoughts, thinkingBudget: -1 }],
    ['a budget', { enabled: true, budgetTokens: 2000 }, { ...thoughts, thinkingBudget: 2000 }],
    [
      'a budget before an effort',
      { enabled: true, budgetTokens: 2000, effort: 'low' },
      { ...thoughts, thinkingBudget: 2000 },
    ],
    [
      'a budget too large',
      { enabled: true, budgetTokens: 50_000 },
      { ...thoughts, thinkingBudget: 24_576 },
      true,
    ],
    ['minimal', { enabled: true, effort: 'minimal' }, { ...thoughts, thinkingBudget: 1024 }],
    ['low', { enabled: true, effort: 'low' }, { ...thoughts, thinkingBudget: 1024 }],
    ['medium', { enabled: true, effort: 'medium' }, { ...thoughts, thinkingBudget: 8192 }],
    ['high', { enabled: true, effort: 'high' }, { ...thoughts, thinkingBudget: 24_576 }],
    ['xhigh', { enabled: true, effort: 'xhigh' }, { ...thoughts, thinkingBudget: 24_576 }],
    ['max', { enabled: true, effort: 'max' }, { ...thoughts, thinkingBudget: 24_576 }],
    ['an effort that is not known', { enabled: true, effort: 'huge' }, thoughts, true],
    ['an effort named like a method', { enabled: true, effort: 'constructor' }, thoughts, true],
    ['off', { enabled: false }, { thinkingBudget: 0 }],
    ['effort none', { enabled: false, effort: 'none' }, { thinkingBudget: 0 }],
    ['an effort without thinking of its own', { enabled: false, effort: 'low' }, { thinkingBudget: 1024 }],
  ])
  check('gemini-2.5-flash-lite', [
    ['a budget too small', { enabled: true, budgetTokens: 100 }, { ...thoughts, thinkingBudget: 512 }, true],
  ])
  check('gemini-2.5-pro', [
    ['xhigh', { enabled: true, effort: 'xhigh' }, { ...thoughts, thinkingBudget: 32_768 }],
    ['a budget too small', { enabled: true, budgetTokens: 100 }, { ...thoughts, thinkingBudget: 128 }, true],
    ['off, which it cannot be', { enabled: false }, { thinkingBudget: 128 }, true],
  ])
  check('gemini-3-flash-preview', [
    ['on', { enabled: true }, thoughts],
    ['as much as the model likes', { enabled: true, adaptive: true }, thoughts],
    ['minimal', { enabled: true, effort: 'minimal' }, { ...thoughts, thinkingLevel: 'MINIMAL' }],
    ['low', { enabled: true, effort: 'low' }, { ...thoughts, thinkingLevel: 'LOW' }],
    ['medium', { enabled: true, effort: 'medium' }, { ...thoughts, thinkingLevel: 'MEDIUM' }],
    ['high', { enabled: true, effort: 'high' }, { ...thoughts, thinkingLevel: 'HIGH' }],
    ['xhigh', { enabled: true, effort: 'xhigh' }, { ...thoughts, thinkingLevel: 'HIGH' }],
    ['max', { enabled: true, effort: 'max' }, { ...thoughts, thinkingLevel: 'HIGH' }],
    [
      'an effort before a budget',
      { enabled: true, effort: 'low', budgetTokens: 9000 },
      { ...thoughts, thinkingLevel: 'LOW' },
    ],
    ['a small budget', { enabled: true, budgetTokens: 1024 }, { ...thoughts, thinkingLevel: 'LOW' }],
    ['a budget', { enabled: true, budgetTokens: 8192 }, { ...thoughts, thinkingLevel: 'MEDIUM' }],
    ['a large budget', { enabled: true, budgetTokens: 8193 }, { ...thoughts, thinkingLevel: 'HIGH' }],
    ['an effort that is not known', { enabled: true, effort: 'huge' }, thoughts, true],
    ['off, which it cannot be', { enabled: false }, { thinkingLevel: 'MINIMAL' }, true],
  ])
  check('gemini-3-pro-preview', [
    ['minimal', { enabled: true, effort: 'minimal' }, { ...thoughts, thinkingLevel: 'LOW' }],
    ['medium', { enabled: true, effort: 'medium' }, { ...thoughts, thinkingLevel: 'HIGH' }],
    ['off, which it cannot be', { enabled: false }, { thinkingLevel: 'LOW' }, true],
  ])
  check('gemini-3.1-pro-preview', [
    ['medium', { enabled: true, effort: 'medium' }, { ...thoughts, thinkingLevel: 'MEDIUM' }],
  ])
  check('gemini-flash-latest', [
    ['low', { enabled: true, effort: 'low' }, { ...thoughts, thinkingLevel: 'LOW' }],
  ])
  for (const model of ['gemini-2.0-flash', 'gemma-3-27b-it', 'gemini-exp-1206'])
    check(model, [
      ['low, which it knows nothing of', { enabled: true, effort: 'low' }, undefined, true],
      ['off, as it always is', { enabled: false }, undefined],
    ])
})

describe('the table of features', () => {
  const everything: ChatRequest = {
    ...base,
    minP: 0.1,
    logitBias: { 5: 1 },
    user: 'u',
    verbosity: 'low',
    promptCacheKey: 'k',
    safetyIdentifier: 's',
    store: true,
    modalities: ['text', 'audio'],
    messages: [
      {
        role: 'user',
        name: 'Ann',
        content: [
          { type: 'text', text: 'Hi', cache: {} },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' }, detail: 'low' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'Hm' },
          { type: 'text', text: 'Yes' },
        ],
      },
    ],
  }
  const lostOnGemini = [
    ...['min_p', 'logit_bias', 'user', 'verbosity', 'prompt_cache_key', 'safety_identifier', 'modalities'],
    ...['participant_name', 'image_detail', 'cache_control'],
  ]

  test('names what Gemini has no field for', () => {
    const { request, lost } = carry(everything, gemini.features, gemini)
    expect(lost).toEqual(lostOnGemini)
    expect(gemini.encodeRequest(request, {})).toEqual({
      body: {
        contents: [
          { role: 'user', parts: [{ text: 'Hi' }, { inlineData: { mimeType: 'image/png', data: 'AA' } }] },
          { role: 'model', parts: [{ text: 'Hm', thought: true }, { text: 'Yes' }] },
        ],
        store: true,
      },
      lost: [],
    })
  })

  test('says that Vertex does not store', () => {
    expect(carry(everything, vertexGemini.features, vertexGemini).lost).toEqual(
      lostOnGemini.toSpliced(6, 0, 'store'),
    )
  })
})

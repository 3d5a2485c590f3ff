/** Tokens counted apart: what each provider reports, in the fields of each route, in the log and in the metrics. */
import { describe, expect, test } from 'vitest'
import type { Usage } from '../../src/canonical/usage.ts'
import { parseExposition } from '../observability/exposition.ts'
import { encodeEvent } from '../support/aws-event-stream.ts'
import { get } from '../support/gateway.ts'
import {
  anthropicMessage,
  anthropicSse,
  chatChunk,
  chatCompletion,
  sse,
  type ScriptedAnswer,
} from '../support/upstream.ts'
import { routeNames, routes, type RouteName } from './routes.ts'
import { turns, type ProviderName, type Wire } from './turns.ts'
import { addressed, useWorld } from './world.ts'

const world = useWorld()

interface Reported {
  provider: ProviderName
  /** The route of the provider's own dialect, whose answers are relayed as they are. */
  relayedTo?: RouteName
  json: Wire
  stream: ScriptedAnswer
  usage: Usage
}

const nothing: Usage = {
  ...{ input: 0, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  ...{ output: 0, reasoning: 0, inputAudio: 0, outputAudio: 0 },
}

const anthropicUsage = {
  input_tokens: 100,
  cache_read_input_tokens: 30,
  cache_creation_input_tokens: 50,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
  output_tokens: 40,
  output_tokens_details: { thinking_tokens: 10 },
}
const bedrockUsage = {
  inputTokens: 100,
  cacheReadInputTokens: 30,
  cacheWriteInputTokens: 50,
  cacheDetails: [
    { ttl: '1h', inputTokens: 30 },
    { ttl: '5m', inputTokens: 20 },
  ],
  outputTokens: 40,
  totalTokens: 220,
}
const responseUsage = {
  input_tokens: 180,
  input_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 },
  output_tokens: 40,
  output_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 220,
}
const deepseekUsage = {
  prompt_tokens: 130,
  prompt_cache_hit_tokens: 30,
  prompt_cache_miss_tokens: 100,
  completion_tokens: 40,
  completion_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 170,
}
const mistralUsage = {
  prompt_tokens: 130,
  num_cached_tokens: 30,
  prompt_tokens_details: { cached_tokens: 30, audio_tokens: 7 },
  completion_tokens: 40,
  total_tokens: 170,
}
const geminiUsage = {
  promptTokenCount: 130,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 123 },
    { modality: 'AUDIO', tokenCount: 7 },
  ],
  cachedContentTokenCount: 30,
  candidatesTokenCount: 30,
  candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }],
  thoughtsTokenCount: 10,
  totalTokenCount: 170,
}
const cohereUsage = {
  billed_units: { input_tokens: 90, output_tokens: 30 },
  tokens: { input_tokens: 130, output_tokens: 40 },
  cached_tokens: 30,
}
const ollamaCounts = { done: true, done_reason: 'stop', prompt_eval_count: 130, eval_count: 40 }

const { json: openaiJson, stream: openaiStream } = turns.openai
const geminiAnswer = {
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
  usageMetadata: geminiUsage,
}
const chatStreamWith = (usage: Wire): ScriptedAnswer => ({
  sse: sse(chatChunk('Hi'), chatChunk({}, 'stop'), chatChunk(null, null, { usage }), '[DONE]'),
})
const cohereEnd = { finish_reason: 'COMPLETE', usage: cohereUsage }
const ollamaLine = { model: 'qwen3', created_at: '2026-11-20T10:00:00Z' }

const reports: Reported[] = [
  {
    provider: 'anthropic',
    relayedTo: 'messages',
    json: anthropicMessage('Hi', { usage: anthropicUsage }),
    stream: {
      sse: anthropicSse(
        {
          type: 'message_start',
          message: anthropicMessage([], {
            stop_reason: null,
            usage: { ...anthropicUsage, output_tokens: 1, output_tokens_details: null },
          }),
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          // Without the lifetimes, which the beginning told.
          usage: {
            input_tokens: 100,
            cache_read_input_tokens: 30,
            cache_creation_input_tokens: 50,
            output_tokens: 40,
            output_tokens_details: { thinking_tokens: 10 },
          },
        },
        { type: 'message_stop' },
      ),
    },
    usage: {
      ...nothing,
      input: 100,
      cached: 30,
      cacheWrite5m: 20,
      cacheWrite1h: 30,
      output: 40,
      reasoning: 10,
    },
  },
  {
    provider: 'bedrock',
    json: {
      output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
      stopReason: 'end_turn',
      usage: bedrockUsage,
    },
    stream: {
      headers: { 'content-type': 'application/vnd.amazon.eventstream' },
      body: Buffer.concat([
        encodeEvent('messageStart', { role: 'assistant' }),
        encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
        encodeEvent('contentBlockStop', { contentBlockIndex: 0 }),
        encodeEvent('messageStop', { stopReason: 'end_turn' }),
        encodeEvent('metadata', { usage: bedrockUsage, metrics: { latencyMs: 5 } }),
      ]),
    },
    usage: { ...nothing, input: 100, cached: 30, cacheWrite5m: 20, cacheWrite1h: 30, output: 40 },
  },
  {
    provider: 'openai',
    relayedTo: 'responses',
    json: { ...openaiJson, usage: responseUsage },
    stream: {
      sse: (openaiStream as { sse: string[] }).sse.map((event) =>
        event.replace(/"usage":\{.*?"total_tokens":30\}/, `"usage":${JSON.stringify(responseUsage)}`),
      ),
    },
    usage: { ...nothing, input: 100, cached: 30, cacheWrite5m: 50, output: 40, reasoning: 10 },
  },
  {
    provider: 'deepseek',
    relayedTo: 'chat',
    json: chatCompletion('Hi', { usage: deepseekUsage }),
    stream: chatStreamWith(deepseekUsage),
    usage: { ...nothing, input: 100, cached: 30, output: 40, reasoning: 10 },
  },
  {
    provider: 'mistral',
    json: chatCompletion('Hi', { usage: mistralUsage }),
    stream: chatStreamWith(mistralUsage),
    usage: { ...nothing, input: 100, cached: 30, output: 40, inputAudio: 7 },
  },
  {
    provider: 'gemini',
    json: geminiAnswer,
    stream: { sse: sse(geminiAnswer) },
    usage: { ...nothing, input: 100, cached: 30, output: 40, reasoning: 10, inputAudio: 7, outputAudio: 5 },
  },
  {
    provider: 'cohere',
    json: {
      id: 'cohere-1',
      ...cohereEnd,
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
    },
    stream: {
      sse: anthropicSse(
        { type: 'message-start', id: 'cohere-1', delta: { message: { role: 'assistant' } } },
        { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
        { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } },
        { type: 'content-end', index: 0 },
        { type: 'message-end', delta: cohereEnd },
      ),
    },
    usage: { ...nothing, input: 100, cached: 30, output: 40 },
  },
  {
    provider: 'ollama',
    json: { ...ollamaLine, message: { role: 'assistant', content: 'Hi' }, ...ollamaCounts },
    stream: {
      headers: { 'content-type': 'application/x-ndjson' },
      body: [
        { ...ollamaLine, message: { role: 'assistant', content: 'Hi' }, done: false },
        { ...ollamaLine, message: { role: 'assistant', content: '' }, ...ollamaCounts },
      ]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    },
    usage: { ...nothing, input: 130, output: 40 },
  },
]

/** The same tokens in each route's own words. */
const written: Record<RouteName, (usage: Usage) => Wire> = {
  chat: (usage) => ({
    prompt_tokens: promptOf(usage),
    completion_tokens: usage.output,
    total_tokens: promptOf(usage) + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cached,
      ...(writtenIn(usage) > 0 && { cache_write_tokens: writtenIn(usage) }),
      audio_tokens: usage.inputAudio,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: usage.outputAudio },
  }),
  messages: (usage) => ({
    input_tokens: usage.input,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: writtenIn(usage),
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5m,
      ephemeral_1h_input_tokens: usage.cacheWrite1h,
    },
    output_tokens: usage.output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
  }),
  responses: (usage) => ({
    input_tokens: promptOf(usage),
    input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: writtenIn(usage) },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: promptOf(usage) + usage.output,
  }),
}
const writtenIn = ({ cacheWrite5m, cacheWrite1h }: Usage) => cacheWrite5m + cacheWrite1h
const promptOf = (usage: Usage) => usage.input + usage.cached + writtenIn(usage)

const directions = ['input', 'cached', 'cache_write', 'output', 'reasoning'] as const

async function tokensCounted(provider: ProviderName): Promise<number[]> {
  const { text } = await get(`${world.gateway.metricsUrl}/metrics`)
  const samples = parseExposition(text).get('gateway_request_tokens_total')?.samples ?? []
  return directions.map((direction) =>
    samples
      .filter(({ labels }) => labels.provider === provider && labels.direction === direction)
      .reduce((sum, { value }) => sum + value, 0),
  )
}

const logged = (id: unknown) => world.gateway.logs().find((line: Wire) => line.request_id === id) as Wire

describe.each(reports)('what $provider reports', ({ provider, relayedTo, json, stream, usage }) => {
  describe.each(routeNames)('to a caller of %s', (route) => {
    test.each([
      ['whole', false],
      ['as a stream', true],
    ])('%s', async (_how, isStream) => {
      world.on(provider, isStream ? stream : { json })
      const before = await tokensCounted(provider)
      const answer = await world.call(route, {
        ...routes[route].ask(addressed(provider)),
        ...(isStream && { stream: true }),
        ...(isStream && route === 'chat' && { stream_options: { include_usage: true } }),
      })
      expect(answer.status).toBe(200)
      const { usage: told } = isStream ? routes[route].foldStream(answer.text) : (answer.json as Wire)
      if (route !== relayedTo) expect(told).toEqual(written[route](usage))

      const counted = [usage.input, usage.cached, writtenIn(usage), usage.output, usage.reasoning]
      await expect
        .poll(async () => (await tokensCounted(provider)).map((value, at) => value - before[at]!))
        .toEqual(counted)
      const id = answer.headers['x-gateway-request-id']
      // A line has no place for what was written to a cache: it is input there.
      const input = usage.input + writtenIn(usage)
      await expect
        .poll(() => logged(id)?.tokens)
        .toEqual({ input, cached: usage.cached, output: usage.output })
    })
  })
})

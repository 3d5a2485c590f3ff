/** A gateway with one provider of each dialect, and every SDK that calls it. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { anthropicCaller } from './callers/anthropic.ts'
import { aiCaller, aiProviders } from './callers/ai.ts'
import { openaiCaller } from './callers/openai.ts'
import type { Address, Caller, Reply } from './conversation.ts'
import { anthropicAnswer } from './wires/anthropic.ts'
import { mistralStyle, openaiAnswer, openaiStyle } from './wires/openai.ts'
import { startGateway, type StartedGateway } from '../support/gateway.ts'
import {
  startUpstream,
  type RecordedRequest,
  type Script,
  type ScriptedAnswer,
  type Upstream,
} from '../support/upstream.ts'

export type ProviderName = 'openai' | 'anthropic' | 'mistral' | 'compatible' | 'mock'
export type PlayedProvider = Exclude<ProviderName, 'mock'>

type Wire = Record<string, unknown>

interface ProviderPlay {
  /** A bare name that only this provider lists. */
  model: string
  embeddingModel?: string
  path: string
  credential: (request: RecordedRequest) => unknown
  answer: (reply: Reply, request: Wire) => ScriptedAnswer
}

const bearer = ({ headers }: RecordedRequest) => headers.authorization

/** The providers that a server of ours plays; the fifth, the mock, is in the gateway itself. */
export const played: Record<PlayedProvider, ProviderPlay> = {
  openai: {
    model: 'gpt-4o-mini',
    embeddingModel: 'text-embedding-3-small',
    path: '/v1/chat/completions',
    credential: bearer,
    answer: (reply, request) => openaiAnswer(reply, request, openaiStyle),
  },
  anthropic: {
    model: 'claude-haiku-4-5',
    path: '/v1/messages',
    credential: ({ headers }) => `Bearer ${String(headers['x-api-key'])}`,
    answer: anthropicAnswer,
  },
  mistral: {
    model: 'mistral-small-latest',
    embeddingModel: 'mistral-embed',
    path: '/v1/chat/completions',
    credential: bearer,
    answer: (reply, request) => openaiAnswer(reply, request, mistralStyle),
  },
  compatible: {
    model: 'meta-llama/llama-3.3-70b',
    embeddingModel: 'bge-m3',
    path: '/v1/chat/completions',
    credential: bearer,
    answer: (reply, request) => openaiAnswer(reply, request, openaiStyle),
  },
}

export const playedNames = Object.keys(played) as PlayedProvider[]
export const providerNames: readonly ProviderName[] = [...playedNames, 'mock']

export const callers = {
  openai: openaiCaller,
  '@anthropic-ai/sdk': anthropicCaller,
  'ai + @ai-sdk/openai': (address) => aiCaller((name) => aiProviders.openai(address).chat(name)),
  'ai + @ai-sdk/openai-compatible': (address) => aiCaller(aiProviders.compatible(address)),
  'ai + @ai-sdk/anthropic': (address) => aiCaller(aiProviders.anthropic(address)),
} satisfies Record<string, (address: Address) => Caller>

export type CallerName = keyof typeof callers
export const callerNames = Object.keys(callers) as CallerName[]

/** The names of an SDK's ways to read a stream. */
export const waysOf = (caller: CallerName): string[] =>
  Object.keys(callers[caller]({ url: 'http://127.0.0.1:1', key: 'none' }).streams)

export const key = 'gw-app-key-of-the-tests'

export interface World {
  gateway: StartedGateway
  address: Address
  upstreams: Record<PlayedProvider, Upstream>
  /** From now on the provider says this. */
  says(provider: PlayedProvider, reply: Reply): void
  on(provider: PlayedProvider, script: Script): void
  /** The one request that the provider got since the test began. */
  got(provider: PlayedProvider): RecordedRequest
}

/** Opens a world before the tests of a file and closes it after them; what providers got is forgotten between tests. */
export function useWorld(more: Record<string, unknown> = {}): World {
  const world = {} as World
  beforeAll(async () => void Object.assign(world, await openWorld(more)))
  beforeEach(() => {
    for (const { requests } of Object.values(world.upstreams)) requests.length = 0
  })
  afterAll(async () => {
    await world.gateway.close()
    await Promise.all(Object.values(world.upstreams).map((upstream) => upstream.close()))
  })
  return world
}

async function openWorld(more: Record<string, unknown>): Promise<World> {
  const started = await Promise.all(playedNames.map(async (name) => [name, await startUpstream()] as const))
  const upstreams = Object.fromEntries(started) as Record<PlayedProvider, Upstream>
  const gateway = await startGateway({ config: { ...configOf(upstreams), ...more } })
  return {
    gateway,
    address: { url: gateway.url, key },
    upstreams,
    says: (provider, reply) =>
      upstreams[provider].on((_request, _response, recorded) =>
        played[provider].answer(reply, recorded.json ?? {}),
      ),
    on: (provider, script) => upstreams[provider].on(script),
    got(provider) {
      const { requests } = upstreams[provider]
      if (requests.length !== 1) throw new Error(`${provider} got ${requests.length} requests, not one`)
      return requests[0]!
    },
  }
}

function configOf(upstreams: Record<PlayedProvider, Upstream>): Record<string, unknown> {
  const entry = (name: PlayedProvider) => ({
    ...(name === 'compatible' && { type: 'openai_compatible' }),
    api_key: credentialOf(name),
    base_url: upstreams[name].url,
    models: [played[name].model, played[name].embeddingModel].filter((model) => model !== undefined),
  })
  return {
    auth: {
      admin_keys: ['gw-admin-key-of-the-tests'],
      keys: [
        { name: 'app', key },
        { name: 'narrow', key: narrowKey, allowed_models: ['mock-*'] },
      ],
    },
    resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
    providers: { ...Object.fromEntries(playedNames.map((name) => [name, entry(name)])), mock: {} },
    models: [{ name: 'team/fast', targets: [{ provider: 'openai', model: played.openai.model }] }],
  }
}

/** A key that may use the mock alone. */
export const narrowKey = 'gw-narrow-key-of-the-tests'
export const credentialOf = (provider: PlayedProvider) => `sk-${provider}-secret`

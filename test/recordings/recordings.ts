import { readdirSync } from 'node:fs'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { ChatDialect } from '../../src/dialects/dialect.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { mistralChat, openaiChat, openaiCompatibleChat } from '../../src/dialects/openai-chat/index.ts'
import { type Fixture, loadFixtures } from '../support/fixtures.ts'

/** The dialects whose recordings are replayed here, and the routes that a caller may reach them by. */
export const routesOf = {
  'openai-chat': ['/v1/chat/completions', '/v1/messages'],
  'mistral-chat': ['/v1/chat/completions', '/v1/messages'],
  'anthropic-messages': ['/v1/chat/completions', '/v1/messages'],
  'openai-embeddings': ['/v1/embeddings'],
  'mistral-embeddings': ['/v1/embeddings'],
} as const satisfies Record<string, readonly string[]>

export type Route = (typeof routesOf)[keyof typeof routesOf][number]

/** How each folder's provider is configured. */
export const typeOf: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  together: 'together',
  vllm: 'vllm',
  mistral: 'mistral',
  ollama: 'ollama',
  azure: 'openai_compatible',
  deepseek: 'openai_compatible',
  groq: 'openai_compatible',
  openrouter: 'openai_compatible',
}

/** A recorded exchange, and the provider's entry in the configuration that answers with it. */
export interface Recording {
  fixture: Fixture
  id: string
  /** The provider's name in the configuration. */
  provider: string
  type: string
  /** Path of the API as it was recorded: `/openai/deployments/gpt-5-nano`. */
  basePath: string
  /** What was asked for, or a small request where that was not recorded. */
  body: JsonObject & { model: string }
  isStream: boolean
  isError: boolean
}

const endings = ['/chat/completions', '/messages', '/embeddings']

function describe(fixture: Fixture): Recording {
  const { pathname } = new URL(fixture.request.url)
  const ending = endings.find((end) => pathname.endsWith(end))
  if (ending === undefined) throw new Error(`${fixture.id} asks for ${pathname}`)
  // An origin alone gets the usual path; DeepSeek answers on both.
  const basePath = pathname.slice(0, -ending.length) || '/v1'
  return {
    fixture,
    id: fixture.id,
    provider: `${fixture.provider}${basePath.replaceAll(/[^a-z0-9]+/gi, '-')}`,
    type: typeOf[fixture.provider] as string,
    basePath,
    body: bodyOf(fixture),
    isStream: fixture.response.bodyText !== undefined,
    isError: fixture.response.status >= 400,
  }
}

function bodyOf({ dialect, request, response }: Fixture): Recording['body'] {
  const { body } = request
  // Azure's older addresses name the model in the path alone.
  if (body) return { ...body, model: (body.model as string | undefined) ?? 'recorded-model' }
  return {
    model: 'recorded-model',
    messages: [{ role: 'user', content: 'Hello' }],
    ...(dialect === 'anthropic-messages' && { max_tokens: 1024 }),
    ...(response.bodyText !== undefined && { stream: true }),
  }
}

export const recordings: readonly Recording[] = loadFixtures({ dialect: Object.keys(routesOf) }).map(describe)

export function recordingOf(id: string): Recording {
  const found = recordings.find((recording) => recording.id === id)
  if (!found) throw new Error(`There is no recording ${id}`)
  return found
}

export const streams: readonly Recording[] = recordings.filter(({ isStream }) => isStream)

/** Ids of every file in the folders, by their names alone. */
export function fileIds(): string[] {
  const folder = new URL('../fixtures/', import.meta.url)
  return Object.keys(typeOf).flatMap((provider) =>
    readdirSync(new URL(provider, folder)).map((file) => `${provider}/${file.replace(/\.json$/, '')}`),
  )
}

/** The dialect that the recorded provider speaks. */
export function providerDialect({ fixture, type }: Recording): ChatDialect {
  if (fixture.dialect === 'anthropic-messages') return anthropicMessages
  if (fixture.dialect === 'mistral-chat') return mistralChat
  return type === 'openai' ? openaiChat : openaiCompatibleChat
}

export const routeDialect = (route: Route): ChatDialect =>
  route === '/v1/messages' ? anthropicMessages : openaiChat

/** Whether the gateway passes bytes on, instead of writing them anew. Mistral's own shape is always translated. */
export function isRelayed({ fixture: { dialect } }: Recording, route: Route): boolean {
  if (route === '/v1/messages') return dialect === 'anthropic-messages'
  return dialect === 'openai-chat' || route === '/v1/embeddings'
}

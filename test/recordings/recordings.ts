import { readdirSync } from 'node:fs'
import type { JsonObject } from '../../src/canonical/json.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { cohere } from '../../src/dialects/cohere/index.ts'
import type { ChatDialect, ChatProviderDialect } from '../../src/dialects/dialect.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { ollamaChat } from '../../src/dialects/ollama/index.ts'
import { mistralChat, openaiChat, openaiCompatibleChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiCompletions } from '../../src/dialects/openai-completions/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { type Fixture, loadFixtures } from '../support/fixtures.ts'
import { readBedrockRequest } from './native-requests/bedrock.ts'
import { readCohereRequest } from './native-requests/cohere.ts'
import { readGeminiRequest } from './native-requests/gemini.ts'
import { readOllamaRequest } from './native-requests/ollama.ts'
import type { ReadRequest } from './native-requests/reading.ts'

export const chatRoutes = ['/v1/chat/completions', '/v1/messages', '/v1/responses'] as const
const embeddingRoutes = ['/v1/embeddings'] as const

export type Route = (typeof chatRoutes)[number] | '/v1/completions' | (typeof embeddingRoutes)[number]

/** What the suite knows of a recorded dialect. */
interface Recorded {
  /** The routes that a caller may reach it by. */
  routes: readonly Route[]
  /** Splits the path as it was recorded: the base before, and the model in it, where it is there. */
  address: RegExp
  /** Reads a request of it; without this, the dialect does. */
  read?: (body: unknown, model: string, stream: boolean) => ReadRequest
}

const openaiPath = /^(?<base>.*?)\/(?:chat\/completions|messages|responses|completions|embeddings)$/
const geminiPath = /^(?<base>.*?)(?:\/publishers\/google)?\/models\/(?<model>[^:]+):\w+$/
const bedrockPath = /^(?<base>)\/model\/(?<model>[^/]+)\/[\w-]+$/

const recorded = {
  'openai-chat': { routes: chatRoutes, address: openaiPath },
  'mistral-chat': { routes: chatRoutes, address: openaiPath },
  'anthropic-messages': { routes: chatRoutes, address: openaiPath },
  'openai-responses': { routes: chatRoutes, address: openaiPath },
  'openai-completions': { routes: ['/v1/completions'], address: openaiPath },
  'gemini-generate': { routes: chatRoutes, address: geminiPath, read: readGeminiRequest },
  'bedrock-converse': { routes: chatRoutes, address: bedrockPath, read: readBedrockRequest },
  'cohere-v2-chat': { routes: chatRoutes, address: /^(?<base>.*)\/chat$/, read: readCohereRequest },
  'ollama-chat': { routes: chatRoutes, address: /^(?<base>)\/api\/chat$/, read: readOllamaRequest },
  'openai-embeddings': { routes: embeddingRoutes, address: openaiPath },
  'mistral-embeddings': { routes: embeddingRoutes, address: openaiPath },
} as const satisfies Record<string, Recorded>

/** The dialects whose recordings are replayed here. */
export const recordedDialects = Object.keys(recorded)
const recordedAs = ({ dialect }: Fixture): Recorded => recorded[dialect as keyof typeof recorded]
export const routesOf = ({ fixture }: Recording): readonly Route[] => recordedAs(fixture).routes

/** How each folder's provider is configured. */
export const typeOf: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  together: 'together',
  vllm: 'vllm',
  mistral: 'mistral',
  ollama: 'ollama',
  gemini: 'gemini',
  vertex: 'vertex',
  bedrock: 'bedrock',
  cohere: 'cohere',
  azure: 'openai_compatible',
  'azure openai-responses': 'azure_openai',
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
  /** The path as it was recorded, decoded. */
  path: string
  /** The part of it that is the provider's address: `/openai/deployments/gpt-5-nano`. */
  basePath: string
  modelInPath: boolean
  /** The query that a translated request has. */
  queryOfOurs: string
  /** What was asked for, or a small request where that was not recorded. */
  body: JsonObject & { model: string }
  isStream: boolean
  isError: boolean
}

function describe(fixture: Fixture): Recording {
  const { pathname } = new URL(fixture.request.url)
  const found = recordedAs(fixture).address.exec(pathname)?.groups
  if (!found) throw new Error(`${fixture.id} asks for ${pathname}`)
  // An origin alone gets the usual path; DeepSeek answers on both.
  const api = apiOf(fixture)
  const basePath = found.base || usualPaths[fixture.dialect] || ''
  return {
    fixture,
    id: fixture.id,
    provider: `${fixture.provider}${basePath.replaceAll(/[^a-z0-9]+/gi, '-')}${api === undefined ? '' : `-${api}`}`,
    type: typeOf[`${fixture.provider} ${fixture.dialect}`] ?? (typeOf[fixture.provider] as string),
    basePath,
    path: decodeURIComponent(found.base ? pathname : basePath + pathname),
    modelInPath: found.model !== undefined,
    queryOfOurs: pathname.endsWith(':streamGenerateContent') ? '?alt=sse' : '',
    body: bodyOf(fixture, found.model === undefined ? undefined : decodeURIComponent(found.model)),
    isStream:
      fixture.response.bodyText !== undefined ||
      fixture.response.bodyBase64 !== undefined ||
      /stream(GenerateContent)?$/.test(pathname),
    isError: fixture.response.status >= 400,
  }
}

type Api = 'responses' | 'native' | 'chat_completions'

/** Where a provider has several APIs, the one that was recorded. */
const apiOf = ({ provider, dialect }: Fixture): Api | undefined => {
  if (dialect === 'openai-responses') return 'responses'
  if (provider !== 'ollama') return undefined
  return dialect === 'ollama-chat' ? 'native' : 'chat_completions'
}

/** What the configuration says of a recording's provider beside its address. */
export function settingsOf({ fixture, type }: Recording): { api?: Api; project?: string } {
  const api = apiOf(fixture)
  return { ...(api !== undefined && { api }), ...(type === 'vertex' && { project: 'test-project' }) }
}

/**
 * The recording as a caller of the route can reach it. OpenAI's own servers have Responses too and would get such a
 * request as it is; a server that only imitates their chats gets a chat.
 */
export function reachedBy(route: Route, recording: Recording): Recording {
  if (route !== '/v1/responses' || recording.type !== 'openai' || recording.fixture.dialect !== 'openai-chat')
    return recording
  return { ...recording, type: 'openai_compatible', provider: `${recording.provider}-like` }
}

const usualPaths: Readonly<Record<string, string>> = { 'openai-chat': '/v1' }

function bodyOf(fixture: Fixture, modelInPath: string | undefined): Recording['body'] {
  const { body } = fixture.request
  // Azure's older addresses name the model in the path alone.
  const model = modelInPath ?? (body?.model as string | undefined) ?? 'recorded-model'
  if (body) return { ...body, model }
  const says = modelInPath === undefined && fixture.response.bodyText !== undefined
  return { ...smallestRequests[fixture.dialect], model, ...(says && { stream: true }) }
}

const hello = { messages: [{ role: 'user', content: 'Hello' }] }
/** What is asked for where the request was not recorded. */
const smallestRequests: Readonly<Record<string, JsonObject>> = {
  'openai-chat': hello,
  'openai-responses': { input: 'Hello' },
  'mistral-chat': hello,
  'cohere-v2-chat': hello,
  'anthropic-messages': { ...hello, max_tokens: 1024 },
  'gemini-generate': { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
}

/** The request that was recorded, or another one to the same provider, in the canonical form. */
export function readRequest(recording: Recording, sent: JsonObject): ReadRequest {
  const { read } = recordedAs(recording.fixture)
  const { model: _model, ...rest } = sent
  // The model in the path is put into recorded bodies for all dialects alike.
  if (read) return read(recording.modelInPath ? rest : sent, recording.body.model, recording.isStream)
  return (providerDialect(recording) as ChatDialect).decodeRequest(sent)
}

export const recordings: readonly Recording[] = loadFixtures({ dialect: recordedDialects }).map(describe)

export function recordingOf(id: string): Recording {
  const found = recordings.find((recording) => recording.id === id)
  if (!found) throw new Error(`There is no recording ${id}`)
  return found
}

export const streams: readonly Recording[] = recordings.filter(
  ({ isStream, isError }) => isStream && !isError,
)

/** Ids of every file in the folders, by their names alone. */
export function fileIds(): string[] {
  const folder = new URL('../fixtures/', import.meta.url)
  return [...new Set(Object.keys(typeOf).map((key) => key.split(' ')[0] as string))].flatMap((provider) =>
    readdirSync(new URL(provider, folder)).map((file) => `${provider}/${file.replace(/\.json$/, '')}`),
  )
}

/** The dialect that the recorded provider speaks. */
export function providerDialect({ fixture, type }: Recording): ChatProviderDialect {
  switch (fixture.dialect) {
    case 'anthropic-messages':
      return anthropicMessages
    case 'mistral-chat':
      return mistralChat
    case 'gemini-generate':
      return gemini
    case 'bedrock-converse':
      return bedrockConverse
    case 'cohere-v2-chat':
      return cohere
    case 'ollama-chat':
      return ollamaChat
    case 'openai-responses':
      return openaiResponses
    case 'openai-completions':
      return openaiCompletions
    default:
      return type === 'openai' ? openaiChat : openaiCompatibleChat
  }
}

const routeDialects: Partial<Record<Route, ChatDialect>> = {
  '/v1/messages': anthropicMessages,
  '/v1/responses': openaiResponses,
  '/v1/completions': openaiCompletions,
}
export const routeDialect = (route: Route): ChatDialect => routeDialects[route] ?? openaiChat

/** Whether the gateway passes bytes on, instead of writing them anew. Mistral's own shape is always translated. */
export function isRelayed({ fixture: { dialect } }: Recording, route: Route): boolean {
  return route === '/v1/embeddings' || dialect === routeDialect(route).name
}

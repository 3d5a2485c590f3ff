import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiCompletions } from '../dialects/openai-completions/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { openaiResponses } from '../dialects/openai-responses/index.ts'
import { openaiOperations } from './openai-operations.ts'
import { openEntraSigner } from '../upstream/credentials/entra.ts'
import { defineProvider, type PathContext, type ProviderSettings, type Quirks } from './provider.ts'

/** A version that is a date is the older form of addresses: `2024-10-21`, `2025-01-01-preview`. */
const isDated = (version: string | undefined): version is string =>
  version !== undefined && /^\d{4}-\d{2}-\d{2}/.test(version)

const deploymentOf = (model: string, { deployments }: ProviderSettings): string | undefined =>
  deployments && Object.hasOwn(deployments, model) ? deployments[model] : undefined

/** A resource's address as it is copied from the portal, or behind a proxy with a path of its own. */
const resourceAddress = (endpoint: string): string => {
  const address = endpoint.replace(/\/+$/, '')
  return /\/openai(\/|$)/.test(address) ? address : `${address}/openai`
}

/**
 * Two forms of address. The older one names the deployment and a dated version; the newer one, `v1`, is OpenAI's own
 * and takes `v1`, `preview` or no version at all.
 */
const path =
  (suffix: string) =>
  ({ basePath, model, settings }: PathContext): string => {
    const { apiVersion } = settings
    const isNewer = basePath.endsWith('/v1')
    if (isNewer || !isDated(apiVersion)) {
      const address = `${isNewer ? basePath : `${basePath}/v1`}${suffix}`
      return apiVersion === undefined || isDated(apiVersion)
        ? address
        : `${address}?api-version=${encodeURIComponent(apiVersion)}`
    }
    const deployment = encodeURIComponent(deploymentOf(model, settings) ?? model)
    // An address that names the deployment already is taken as it is; responses have never belonged to one.
    const isWhole = /\/deployments\/[^/]+$/.test(basePath) || suffix === '/responses'
    return `${isWhole ? basePath : `${basePath}/deployments/${deployment}`}${suffix}?api-version=${encodeURIComponent(apiVersion)}`
  }

const atDeployment = <Serving extends { path: string }>(servings: readonly Serving[]) =>
  servings.map((serving) => ({ ...serving, path: path(serving.path) }))

/** The models from before chats: `gpt-35-turbo-instruct`. The others are refused on that route, and serve as chats. */
const isTextModel = (model: string): boolean => /-instruct|^(davinci|babbage)-002/.test(model)

/** `stream_options` and `max_completion_tokens` came with 2024-09-01-preview; earlier versions refuse what they do not know. */
const isBeforeStreamOptions = (version: string | undefined): boolean =>
  isDated(version) && version < '2024-09-01'

const earlierVersions: Quirks = {
  rejectsFields: ['stream_options'],
  renamesFields: { max_completion_tokens: 'max_tokens' },
  asksForStreamUsage: false,
}

/**
 * Source: learn.microsoft.com/azure/foundry/openai/api-version-lifecycle, learn.microsoft.com/azure/ai-services/openai/reference
 * (checked 2026-11-21). Streams begin with a chunk without choices that holds `prompt_filter_results`.
 */
export const azureOpenai = defineProvider({
  type: 'azure_openai',
  source: 'https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle',
  baseUrl: ({ endpoint = 'https://nowhere.invalid' }) => resourceAddress(endpoint),
  usualPath: '/openai',
  credential: { header: 'api-key' },
  openSigner: ({ keys, settings: { entra } }) => {
    if (keys.length > 0 || !entra) return undefined
    const { clientSecret, federatedTokenFile, ...application } = entra
    if (clientSecret !== undefined) return openEntraSigner({ ...application, credential: { clientSecret } })
    if (federatedTokenFile === undefined) return undefined
    return openEntraSigner({ ...application, credential: { federatedTokenFile } })
  },
  serves: {
    chat: [
      {
        dialect: openaiChat,
        path: path('/chat/completions'),
        accepts: (_model, { api }) => api !== 'responses',
      },
      { dialect: openaiCompletions, path: path('/completions'), accepts: isTextModel },
      { dialect: openaiResponses, path: path('/responses') },
    ],
    embedding: [{ dialect: openaiEmbeddings, path: path('/embeddings') }],
    image: atDeployment(openaiOperations.image),
    speech: atDeployment(openaiOperations.speech),
    transcription: atDeployment(openaiOperations.transcription),
  },
  requestIdHeader: 'apim-request-id',
  refusesUnknownFields: true,
  quirks: ({ model, settings }) => ({
    ...(isBeforeStreamOptions(settings.apiVersion) && earlierVersions),
    callsModel: deploymentOf(model, settings),
  }),
})

import {
  generateMethod,
  vertexEmbedContent,
  vertexEmbeddings,
  vertexGemini,
} from '../dialects/gemini/index.ts'
import { openGoogleSigner } from '../upstream/credentials/google.ts'
import { defineProvider, type PathContext, type ProviderSettings } from './provider.ts'

const locationOf = ({ location }: ProviderSettings): string => location ?? 'global'

/** The places that are more than one region have addresses of their own. */
const multiRegions: ReadonlySet<string> = new Set(['us', 'eu'])

function baseUrl(settings: ProviderSettings): string {
  const location = locationOf(settings)
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  if (multiRegions.has(location)) return `https://aiplatform.${location}.rep.googleapis.com`
  return `https://${location}-aiplatform.googleapis.com`
}

const modelPath = ({ basePath, model }: PathContext): string =>
  `${basePath}/publishers/google/models/${encodeURIComponent(model.replace(/^models\//, ''))}`

/** The models that are asked with `embedContent`, by the rule of @google/genai. */
const takesContent = (model: string): boolean =>
  (model.includes('gemini') && model !== 'gemini-embedding-001') || model.includes('maas')

/**
 * Google Cloud's Vertex AI: Google's own models there.
 * Source: cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference and the addresses that
 * @google/genai 3.1 asks (checked 2026-11-21).
 */
export const vertex = defineProvider({
  type: 'vertex',
  source: 'https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
  baseUrl,
  usualPath: (settings) => `/v1/projects/${settings.project ?? ''}/locations/${locationOf(settings)}`,
  // A key of Google Cloud, where the operator has one instead of a service account.
  credential: { header: 'x-goog-api-key' },
  openSigner: ({ keys, settings }) =>
    keys.length > 0 ? undefined : openGoogleSigner({ credentialsFile: settings.credentialsFile }),
  serves: {
    chat: [{ dialect: vertexGemini, path: (call) => `${modelPath(call)}:${generateMethod(call.stream)}` }],
    embedding: [
      {
        dialect: vertexEmbedContent,
        path: (call) => `${modelPath(call)}:embedContent`,
        accepts: takesContent,
      },
      { dialect: vertexEmbeddings, path: (call) => `${modelPath(call)}:predict` },
    ],
  },
  // Google's servers give their answers no id of this kind; proxies before them do.
  requestIdHeader: 'x-request-id',
})

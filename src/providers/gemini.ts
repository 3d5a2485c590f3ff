import {
  gemini as geminiDialect,
  geminiEmbeddings,
  generateMethod,
  qualifiedModel,
} from '../dialects/gemini/index.ts'
import { geminiListing } from './listing-shape.ts'
import { defineProvider, type PathContext } from './provider.ts'

/** `/v1beta/models/gemini-2.5-flash`; the name alone is encoded, because what stands before it are folders. */
function modelPath({ basePath, model }: PathContext): string {
  const [folder, ...name] = qualifiedModel(model).split('/')
  return `${basePath}/${folder}/${encodeURIComponent(name.join('/'))}`
}

/** Source: ai.google.dev/api (checked 2026-11-21). */
export const gemini = defineProvider({
  type: 'gemini',
  source: 'https://ai.google.dev/api',
  baseUrl: 'https://generativelanguage.googleapis.com',
  usualPath: '/v1beta',
  // In the header, never in the query: addresses end up in logs.
  credential: { header: 'x-goog-api-key' },
  serves: {
    chat: [{ dialect: geminiDialect, path: (call) => `${modelPath(call)}:${generateMethod(call.stream)}` }],
    embedding: [{ dialect: geminiEmbeddings, path: (call) => `${modelPath(call)}:batchEmbedContents` }],
  },
  // Google's servers give their answers no id of this kind; proxies before them do.
  requestIdHeader: 'x-request-id',
  listing: geminiListing,
})

import { cohere as cohereChat, cohereEmbeddings } from '../dialects/cohere/index.ts'
import { rerank } from '../dialects/rerank/index.ts'
import { cohereListing } from './listing-shape.ts'
import { bearer, defineProvider } from './provider.ts'

/** Source: docs.cohere.com/reference (API v2) and recorded traffic (checked 2026-11-21). */
export const cohere = defineProvider({
  type: 'cohere',
  source: 'https://docs.cohere.com/reference/about',
  baseUrl: 'https://api.cohere.com',
  usualPath: '/v2',
  credential: bearer,
  serves: {
    chat: [{ dialect: cohereChat, path: '/chat' }],
    embedding: [{ dialect: cohereEmbeddings, path: '/embed' }],
    rerank: [{ dialect: rerank, path: '/rerank' }],
  },
  requestIdHeader: 'x-debug-trace-id',
  listing: cohereListing,
})

import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import { anthropicTokenCount } from '../dialects/anthropic-messages/token-count.ts'
import { anthropicListing } from './listing-shape.ts'
import { apiKeyHeader, defineProvider } from './provider.ts'

/** Source: docs.anthropic.com/en/api (checked 2026-11-20). */
export const anthropic = defineProvider({
  type: 'anthropic',
  source: 'https://docs.anthropic.com/en/api/messages',
  baseUrl: 'https://api.anthropic.com',
  usualPath: '/v1',
  credential: apiKeyHeader,
  serves: {
    chat: [{ dialect: anthropicMessages, path: '/messages' }],
    token_count: [{ dialect: anthropicTokenCount, path: '/messages/count_tokens' }],
  },
  headers: { 'anthropic-version': '2023-06-01' },
  requestIdHeader: 'request-id',
  listing: anthropicListing,
})

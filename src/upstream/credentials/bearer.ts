import type { UpstreamRequest } from '../transport.ts'
import type { Signer } from './signer.ts'
import type { TokenCache } from './token-cache.ts'

/** A signer that sends a token which is fetched from elsewhere, with `more` headers (flat, names in lower case). */
export const bearerSigner = (tokens: TokenCache, more: () => readonly string[] = () => []): Signer => ({
  async sign(request) {
    const { text } = await tokens.get()
    return withHeaders(request, ['authorization', `Bearer ${text}`, ...more()])
  },
})

/** The request with these headers instead of those of the same name. */
export function withHeaders(request: UpstreamRequest, added: readonly string[]): UpstreamRequest {
  const names = new Set(added.filter((_, i) => i % 2 === 0))
  const headers: string[] = []
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i] as string
    if (!names.has(name)) headers.push(name, request.headers[i + 1] as string)
  }
  return { ...request, headers: [...headers, ...added] }
}

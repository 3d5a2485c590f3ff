import type { UpstreamRequest } from '../transport.ts'

/** Proves to a provider who asks, where a fixed header does not do: signatures, and tokens that expire. */
export interface Signer {
  /**
   * The request with its proof; the one given is left as it is.
   * Rejects with UpstreamFailure where no proof can be had; no message of it holds a secret.
   */
  sign(request: UpstreamRequest): Promise<UpstreamRequest>
}

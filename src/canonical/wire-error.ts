/** What a provider said went wrong, in its own words; read from an error body or an error event. */
export interface WireError {
  message: string
  /** The provider's type and code words, where it gave any; numbers as text. */
  type?: string
  code?: string
  param?: string
  /**
   * What it means, where words or status tell:
   * `request` the caller's fault, `context_length` and `content_policy` kinds of it,
   * `auth` our credential's fault, `quota` our account is out of money, `rate_limit`, `overloaded`,
   * `not_found` no such model there, `server` the provider's fault or not known.
   */
  kind:
    | 'request'
    | 'context_length'
    | 'content_policy'
    | 'auth'
    | 'quota'
    | 'rate_limit'
    | 'overloaded'
    | 'not_found'
    | 'server'
}

/** A credential that lasts for a while. */
export interface Token {
  readonly text: string
  /** Unix milliseconds. */
  readonly expiresAtMs: number
}

/**
 * How long before its end a token is replaced, milliseconds. Google's metadata server hands out the old one until
 * five minutes before, so to ask earlier is in vain.
 */
const refreshAheadMs = 240_000
/** A token that ends while its request is on the way is no good. */
const travelMs = 10_000
/** How long a refresh that failed is left alone while the old token still does. */
const refreshPauseMs = 30_000

/**
 * Holds one token. It is replaced while the old one still does, without anybody waiting; who finds none that does
 * waits for the one request that is under way for all.
 */
export class TokenCache {
  readonly #fetch: () => Promise<Token>
  #token: Token | undefined
  #usableUntilMs = 0
  #refreshAtMs = 0
  #underWay: Promise<Token> | undefined

  constructor(fetch: () => Promise<Token>) {
    this.#fetch = fetch
  }

  /** @throws what the fetch throws, where there is no token that still does */
  async get(): Promise<Token> {
    const now = Date.now()
    if (!this.#token || now >= this.#usableUntilMs) return this.#refresh()
    if (now >= this.#refreshAtMs) {
      // Its failure is told to those who need the token when it has ended.
      this.#refresh().catch(() => {})
    }
    return this.#token
  }

  #refresh(): Promise<Token> {
    this.#underWay ??= this.#replace().finally(() => (this.#underWay = undefined))
    return this.#underWay
  }

  async #replace(): Promise<Token> {
    try {
      const token = await this.#fetch()
      const lifetimeMs = token.expiresAtMs - Date.now()
      this.#token = token
      this.#usableUntilMs = token.expiresAtMs - Math.min(travelMs, lifetimeMs / 10)
      this.#refreshAtMs = token.expiresAtMs - Math.min(refreshAheadMs, lifetimeMs / 2)
      return token
    } catch (error) {
      this.#refreshAtMs = Date.now() + refreshPauseMs
      throw error
    }
  }
}

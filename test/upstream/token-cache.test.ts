import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TokenCache, type Token } from '../../src/upstream/credentials/token-cache.ts'

const minuteMs = 60_000

/** A source whose answers are given by hand. */
class Source {
  asked = 0
  #settle: { resolve: (token: Token) => void; reject: (error: Error) => void }[] = []

  fetch = (): Promise<Token> => {
    this.asked++
    return new Promise((resolve, reject) => this.#settle.push({ resolve, reject }))
  }
  give(text: string, lifetimeMs: number): void {
    this.#settle.shift()!.resolve({ text, expiresAtMs: Date.now() + lifetimeMs })
  }
  refuse(): void {
    this.#settle.shift()!.reject(new Error('refused'))
  }
}

describe('a token', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  async function cacheWith(lifetimeMs: number) {
    const source = new Source()
    const cache = new TokenCache(source.fetch)
    const first = cache.get()
    source.give('first', lifetimeMs)
    await first
    return { source, cache }
  }

  test('is asked for once, however many need it at once', async () => {
    const source = new Source()
    const cache = new TokenCache(source.fetch)
    const calls = [cache.get(), cache.get(), cache.get()]
    source.give('only', minuteMs)
    expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(['only', 'only', 'only'])
    expect(source.asked).toBe(1)
  })

  test('of an hour is replaced four minutes before its end, while the old one is given', async () => {
    const { source, cache } = await cacheWith(60 * minuteMs)
    vi.advanceTimersByTime(56 * minuteMs - 1)
    await cache.get()
    expect(source.asked).toBe(1)
    vi.advanceTimersByTime(1)
    const during = [cache.get(), cache.get()]
    expect((await Promise.all(during)).map(({ text }) => text)).toEqual(['first', 'first'])
    expect(source.asked).toBe(2)
    source.give('second', 60 * minuteMs)
    await vi.advanceTimersByTimeAsync(0)
    expect((await cache.get()).text).toBe('second')
    expect(source.asked).toBe(2)
  })

  test('of a minute is replaced after half of it', async () => {
    const { source, cache } = await cacheWith(minuteMs)
    vi.advanceTimersByTime(minuteMs / 2 - 1)
    await cache.get()
    expect(source.asked).toBe(1)
    vi.advanceTimersByTime(1)
    await cache.get()
    expect(source.asked).toBe(2)
  })

  test('that ends while a request is on the way is not given', async () => {
    const { source, cache } = await cacheWith(60 * minuteMs)
    vi.advanceTimersByTime(60 * minuteMs - 10_000)
    const waiting = cache.get()
    source.give('second', 60 * minuteMs)
    expect((await waiting).text).toBe('second')
  })

  test('that cannot be replaced is given as long as it does, and the source is left alone meanwhile', async () => {
    const { source, cache } = await cacheWith(60 * minuteMs)
    vi.advanceTimersByTime(57 * minuteMs)
    await cache.get()
    source.refuse()
    await vi.advanceTimersByTimeAsync(0)
    for (let i = 0; i < 5; i++) expect((await cache.get()).text).toBe('first')
    expect(source.asked).toBe(2)
    vi.advanceTimersByTime(30_000)
    await cache.get()
    expect(source.asked).toBe(3)
  })

  test('that is needed and cannot be had fails for all who wait, and the next one tries again', async () => {
    const source = new Source()
    const cache = new TokenCache(source.fetch)
    const calls = [cache.get(), cache.get()]
    source.refuse()
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected')
    const next = cache.get()
    source.give('at last', minuteMs)
    expect((await next).text).toBe('at last')
    expect(source.asked).toBe(2)
  })
})

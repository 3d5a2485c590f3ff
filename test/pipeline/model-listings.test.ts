import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openModelListings, type ListingTimes } from '../../src/pipeline/model-listings.ts'
import {
  anthropicListing,
  cohereListing,
  geminiListing,
  openaiListing,
} from '../../src/providers/listing-shape.ts'
import type { ModelListing } from '../../src/providers/provider.ts'
import { UpstreamFailure } from '../../src/upstream/transport.ts'
import { openUndiciTransport } from '../../src/upstream/undici-transport.ts'
import { closeAfterTest } from '../support/after-test.ts'
import { startUpstream, type Script } from '../support/upstream.ts'

const listOf = (...names: unknown[]) => ({ json: { object: 'list', data: names.map((id) => ({ id })) } })

/** A provider that a server of ours plays, and a clock that stands still until it is moved. */
async function playProvider(script: Script, { listing = openaiListing, times = {} }: Options = {}) {
  const upstream = await startUpstream(script)
  const transport = openUndiciTransport({ origin: upstream.url, connectTimeoutMs: 1_000 })
  closeAfterTest(() => transport.close())
  const provider = {
    basePath: '/v1',
    listing,
    transport,
    signer: undefined,
    nextHeaders: () => ['authorization', 'Bearer sk'],
  }
  const clock = { now: 0 }
  const usual = { fresh: 1_000, kept: 10_000, retry: 100, deadline: 2_000, wait: 1_500 }
  const listings = openModelListings({ ...usual, ...times }, () => clock.now)
  return {
    upstream,
    provider,
    clock,
    listings,
    names: async () => (await listings.of([provider])).get(provider),
    /** Waits until what is under way has ended. */
    settled: async (requests: number) => {
      await upstream.sawRequests(requests)
      while (upstream.openRequests() > 0) await delay(5)
      await delay(20)
    },
  }
}
interface Options {
  listing?: ModelListing
  times?: Partial<ListingTimes>
}

describe('a listing', () => {
  test('is asked for with GET and the credential, once for all who want it', async () => {
    const { upstream, names } = await playProvider(listOf('a', 'b'))
    expect(await Promise.all([names(), names(), names()])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect(await names()).toEqual(['a', 'b'])
    expect(upstream.requests).toHaveLength(1)
    expect(upstream.requests[0]).toMatchObject({
      method: 'GET',
      path: '/v1/models',
      headers: { authorization: 'Bearer sk' },
    })
    expect(upstream.requests[0]?.body).toHaveLength(0)
  })

  test('is fetched anew in the background once it is old, and shown meanwhile', async () => {
    const { names, clock, settled } = await playProvider([listOf('old'), listOf('new')])
    expect(await names()).toEqual(['old'])
    clock.now = 999
    expect(await names()).toEqual(['old'])
    clock.now = 1_000
    expect(await names()).toEqual(['old'])
    await settled(2)
    expect(await names()).toEqual(['new'])
  })

  test('is shown for a while after its provider fails, then no more', async () => {
    const { names, clock, settled } = await playProvider([listOf('old'), { status: 500, json: {} }])
    expect(await names()).toEqual(['old'])
    clock.now = 5_000
    await names()
    await settled(2)
    expect(await names()).toEqual(['old'])
    clock.now = 10_001
    expect(await names()).toEqual([])
  })

  test('is signed where headers do not prove enough', async () => {
    const { provider, listings, upstream } = await playProvider(listOf('a'))
    const signed = {
      ...provider,
      signer: {
        sign: (request: { headers: string[] }) =>
          Promise.resolve({ ...request, headers: [...request.headers, 'x-proof', 'yes'] } as never),
      },
    }
    expect((await listings.of([signed])).get(signed)).toEqual(['a'])
    expect(upstream.requests[0]?.headers['x-proof']).toBe('yes')
  })

  test('is not asked for where a page names none', async () => {
    const { provider, listings, upstream } = await playProvider(listOf('a'))
    const silent = { ...provider, listing: undefined }
    expect((await listings.of([silent])).size).toBe(0)
    expect(upstream.requests).toEqual([])
  })
})

describe('a provider that fails', () => {
  test.each<[string, Script]>([
    ['with a status', { status: 401, json: { data: [{ id: 'no' }] } }],
    ['with a redirect', { status: 302, headers: { location: '/v1/else' }, body: '' }],
    ['with other than JSON', { body: '<html>' }],
    ['with a reset', { resets: true }],
    ['with too much', { body: ' '.repeat(4 * 1024 * 1024 + 1) }],
    ['with another shape', { json: { data: 'none' } }],
    ['with null', { json: null }],
  ])('%s adds nothing', async (_how, script) => {
    const { names, upstream } = await playProvider(script)
    expect(await names()).toEqual([])
    expect(upstream.requests).toHaveLength(1)
  })

  test('is asked again only after a pause', async () => {
    const { names, clock, upstream } = await playProvider([{ status: 500, json: {} }, listOf('a')])
    expect(await names()).toEqual([])
    clock.now = 99
    expect(await names()).toEqual([])
    expect(upstream.requests).toHaveLength(1)
    clock.now = 100
    expect(await names()).toEqual(['a'])
  })

  test('never answers: nobody waits longer than a moment, and no second moment; in the end it is cancelled', async () => {
    const { names, clock, upstream } = await playProvider(
      { hangs: true },
      { times: { wait: 50, deadline: 300 } },
    )
    const began = performance.now()
    expect(await names()).toEqual([])
    expect(performance.now() - began).toBeLessThan(280)
    clock.now = 50
    const again = performance.now()
    expect(await names()).toEqual([])
    expect(performance.now() - again).toBeLessThan(40)
    await upstream.sawDisconnect()
    expect(upstream.requests).toHaveLength(1)
  })

  test('does not keep the others from being shown', async () => {
    const { provider, listings } = await playProvider(listOf('a'), { times: { wait: 50 } })
    const hanging = await playProvider({ hangs: true })
    const shown = await listings.of([hanging.provider, provider])
    expect([...shown.values()]).toEqual([[], ['a']])
  })

  test('cannot be signed for', async () => {
    const { provider, listings, upstream } = await playProvider(listOf('a'))
    const failing = {
      ...provider,
      signer: { sign: () => Promise.reject(new UpstreamFailure('connect', 'no proof')) },
    }
    const hanging = { ...provider, signer: { sign: () => new Promise<never>(() => {}) } }
    const impatient = openModelListings({ fresh: 1, kept: 1, retry: 0, deadline: 50, wait: 2_000 })
    expect((await listings.of([failing])).get(failing)).toEqual([])
    expect((await impatient.of([hanging])).get(hanging)).toEqual([])
    expect(upstream.requests).toEqual([])
  })
})

describe('names', () => {
  test('are taken once each, and not where they would break a line or are no names', async () => {
    const { names } = await playProvider(
      listOf('a', 'a', '', 'b c', 'd\ne', 'f\u001b[0m', '\u202eg', 7, null, 'x'.repeat(257), 'org/é:1'),
    )
    expect(await names()).toEqual(['a', 'org/é:1'])
  })

  test('are at most two thousand', async () => {
    const { names } = await playProvider(listOf(...Array.from({ length: 2_001 }, (_, index) => `m${index}`)))
    expect(await names()).toHaveLength(2_000)
  })

  test.each<[string, ModelListing, string, unknown, string[]]>([
    ['OpenAI', openaiListing, '/v1/models', { data: [{ id: 'a' }, { name: 'b' }, 'c'] }, ['a']],
    ['Together', openaiListing, '/v1/models', [{ id: 'a' }], ['a']],
    ['Anthropic', anthropicListing, '/v1/models?limit=1000', { data: [{ type: 'model', id: 'a' }] }, ['a']],
    ['Cohere', cohereListing, '/v1/models?page_size=1000', { models: [{ name: 'a' }] }, ['a']],
    [
      'Gemini',
      geminiListing,
      '/v1/models?pageSize=1000',
      { models: [{ name: 'models/a' }, { name: 'b' }] },
      ['a', 'b'],
    ],
  ])('are read as %s lists them', async (_who, listing, path, json, expected) => {
    const { names, upstream } = await playProvider({ json }, { listing })
    expect(await names()).toEqual(expected)
    expect(upstream.requests[0]?.path).toBe(path)
  })

  test("Cohere's listing is of version 1, whichever the rest is of", () => {
    const { path } = cohereListing
    expect(path instanceof Function && path('/v2')).toBe('/v1/models?page_size=1000')
  })
})

import { describe, expect, test } from 'vitest'
import { encodeException } from '../support/aws-event-stream.ts'
import type { Script } from '../support/upstream.ts'
import { sse, typedSse } from './providers/provider-wire.ts'
import { cells, cellsOf, playStream, providerOf, routeOf, useWorld, type Cell } from './world.ts'

const world = useWorld()

const page = '<html><head><title>529</title></head><body><h1>Overloaded at 10.0.0.7</h1></body></html>'

/** What stands in the body of a failure: the provider's own words, or what a proxy before it writes. */
const bodies: Record<string, (cell: Cell, status: number) => Script> = {
  "the provider's JSON": (cell, status) => ({
    status,
    json: providerOf(cell).error('Overloaded at 10.0.0.7'),
  }),
  "a proxy's JSON": (_cell, status) => ({ status, json: { detail: 'Overloaded at 10.0.0.7' } }),
  'a page of HTML': (_cell, status) => ({ status, body: page, headers: { 'content-type': 'text/html' } }),
  text: (_cell, status) => ({
    status,
    body: 'upstream connect error to 10.0.0.7',
    headers: { 'content-type': 'text/plain' },
  }),
  'JSON that breaks off': (_cell, status) => ({
    status,
    body: '{"error":{"message":"Overloaded at 10.0.0.7',
    headers: { 'content-type': 'application/json' },
  }),
  nothing: (_cell, status) => ({ status, body: '' }),
}

const rows = Object.entries(bodies).flatMap(([name, make]) =>
  [503, 529].flatMap((status) => [false, true].map((stream) => ({ name, make, status, stream }))),
)

describe.each(rows)('status $status with $name, streaming: $stream', ({ make, status, stream }) => {
  test.each(cells)('is an overload: $route from $provider', async (cell) => {
    const { answer } = await world.call(cell, { stream }, make(cell, status))
    expect(answer.status).toBe(503)
    expect(answer.headers['x-gateway-error-code']).toBe('overloaded')
    expect(answer.headers['content-type']).toContain('application/json')
    const { message, type, code } = routeOf(cell).readError(answer.json)
    expect(message).not.toBe('')
    expect(answer.text).not.toContain('10.0.0.7')
    expect({ type, code }).toEqual(
      cell.route === 'messages'
        ? { type: 'overloaded_error', code: undefined }
        : { type: 'server_error', code: 'overloaded' },
    )
  })
})

test.each(cells)('retry-after is handed on: $route from $provider', async (cell) => {
  const script = { status: 529, json: providerOf(cell).error('Overloaded'), headers: { 'retry-after': '7' } }
  const { answer } = await world.call(cell, {}, script)
  expect(answer.headers['retry-after']).toBe('7')
})

/** Providers begin a stream before they know whether there is room. Left out: those without a word for it there. */
describe('an overload as the first event of a stream with status 200', () => {
  const message = 'Overloaded at 10.0.0.7'
  const failures = {
    openai: sse({ error: { message, type: 'overloaded_error', param: null, code: null } }),
    compatible: sse({ error: { message, type: 'server_error', code: 503 } }),
    anthropic: typedSse({ type: 'error', error: { type: 'overloaded_error', message } }),
    gemini: sse({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
    bedrock: encodeException('serviceUnavailableException', message),
  }
  const names = ['openai', 'compatible', 'anthropic', 'gemini', 'bedrock'] as const

  test.each(names.flatMap((provider) => cellsOf([provider]).map((cell) => ({ ...cell, provider }))))(
    '$route from $provider',
    async (cell) => {
      const script = playStream(cell, [failures[cell.provider]])
      const { answer } = await world.call(cell, { stream: true }, script)
      expect(answer.status).toBe(503)
      expect(answer.headers['x-gateway-error-code']).toBe('overloaded')
      expect(answer.text).not.toContain('10.0.0.7')
    },
  )
})

/** No answer at all, with a status that promises one. */
describe.each(Object.entries(bodies).filter(([name]) => name !== "the provider's JSON"))(
  'status 200 with %s',
  (_name, make) => {
    test.each(cells)("is the provider's failure: $route from $provider", async (cell) => {
      const { answer } = await world.call(cell, {}, make(cell, 200))
      expect(answer.status).toBe(502)
      expect(answer.text).not.toContain('10.0.0.7')
      expect(routeOf(cell).readError(answer.json).message).not.toBe('')
    })
  },
)

import { describe, expect, test } from 'vitest'
import { openStream } from '../support/gateway.ts'
import { readEvents } from '../support/sse-reader.ts'
import type { Handler } from '../support/upstream.ts'
import { cells, playStream, providerOf, routeOf, useWorld, type Cell } from './world.ts'

const world = useWorld()

const secret = 'boom in worker 10.0.0.7'

/** Sends the frames, and what follows only once the caller has read something of them. */
function inTwo(cell: Cell, before: readonly Buffer[], after: readonly Buffer[]) {
  const read = Promise.withResolvers<void>()
  const script: Handler = async (_request, response) => {
    response.writeHead(200, { 'content-type': providerOf(cell).streamType })
    response.write(Buffer.concat(before))
    await read.promise
    response.end(Buffer.concat(after))
  }
  return { script, read: read.resolve }
}

async function hearFailure(cell: Cell, before: readonly Buffer[], after: readonly Buffer[]) {
  const { script, read } = inTwo(cell, before, after)
  world.plays(script)
  const stream = await openStream(world.addressOf(cell), world.bodyOf(cell, routeOf(cell).streaming))
  expect(stream.status).toBe(200)
  const first = await stream.firstChunk()
  read()
  return readEvents(`${first!.toString()}${await stream.text()}`)
}

describe('an error in the middle of a stream with status 200', () => {
  test.each(cells)('is told in the words of $route, from $provider', async (cell) => {
    const begun = beginning(cell)
    const events = await hearFailure(cell, begun, [providerOf(cell).failure(secret)])
    const { message } = routeOf(cell).readFailure(events)
    expect(message).not.toBe('')
    expect(JSON.stringify(events)).not.toContain('10.0.0.7')
  })

  /** Nothing has been told yet: the caller gets a status. */
  test.each(cells)('before anything else has come: $route from $provider', async (cell) => {
    const script = playStream(cell, [providerOf(cell).failure(secret)])
    const { answer } = await world.call(cell, routeOf(cell).streaming, script)
    expect(answer.status).toBe(502)
    const { message, type } = routeOf(cell).readError(answer.json)
    expect(message).not.toContain('10.0.0.7')
    expect(type).toBe(cell.route === 'messages' ? 'api_error' : 'server_error')
  })
})

/** The first frames of a stream, up to the first text. */
function beginning(cell: Cell): Buffer[] {
  const frames = providerOf(cell).stream({ texts: ['Half of '] })
  const at = frames.findIndex((frame) => frame.includes('Half of '))
  return frames.slice(0, at + 1)
}

test.each(cells)('a stream that breaks off is an error: $route from $provider', async (cell) => {
  const events = await hearFailure(cell, beginning(cell), [])
  expect(routeOf(cell).readFailure(events).message).not.toBe('')
})

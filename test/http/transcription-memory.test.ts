import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { full } from '../support/full.ts'
import { mebibyte, spawnMeasured } from '../streams/measured-gateway.ts'
import { end, field, file, formType } from './transcription-form.ts'

const callers = full ? 20 : 8
const fileBytes = (full ? 100 : 16) * mebibyte
/** For each caller: what is kept of a form, and what is on its way in and out. For all: what is not yet collected. */
const bytesForEach = 6 * mebibyte
const bytesForAll = 32 * mebibyte
const piece = Buffer.alloc(64 * 1024, 7)

/** A provider that only counts. */
async function startCounter() {
  const counts: number[] = []
  const server = createServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => {
      counts.push(bytes)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"text":"Hello"}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { counts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Sends a file as fast as it is taken, with the model after it. */
async function upload(url: string): Promise<number | undefined> {
  const [head, tail] = [
    file(Buffer.alloc(0)).subarray(0, -2),
    Buffer.concat([Buffer.from('\r\n'), field('model', 'any/ears'), end]),
  ]
  const length = head.length + fileBytes + tail.length
  const request = httpRequest(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': formType, 'content-length': length },
  })
  const answered = once(request, 'response') as Promise<[{ statusCode?: number; resume(): void }]>
  request.write(head)
  for (let sent = 0; sent < fileBytes; sent += piece.length)
    if (!request.write(piece)) await Promise.race([once(request, 'drain'), answered])
  request.end(tail)
  const [response] = await answered
  response.resume()
  return response.statusCode
}

test(
  `memory stays flat while ${callers} callers upload ${fileBytes / mebibyte} MiB each`,
  { timeout: 300_000 },
  async () => {
    const { counts, url } = await startCounter()
    const gateway = await spawnMeasured({
      config: {
        providers: { any: { type: 'openai_compatible', base_url: url } },
        security: { validation: { max_request_size_bytes: 128 * mebibyte } },
      },
    })
    const address = `${gateway.url}/v1/audio/transcriptions`
    const idleFiles = gateway.openFiles()
    // The first calls of a process load and compile.
    expect(await upload(address)).toBe(200)
    gateway.forgetPeak()
    const before = gateway.residentBytes()

    const statuses = await Promise.all(Array.from({ length: callers }, () => upload(address)))
    const grownBytes = gateway.peakResidentBytes() - before
    console.info(
      `${callers} uploads of ${fileBytes / mebibyte} MiB: resident memory grew by ${(grownBytes / mebibyte).toFixed(1)} MiB`,
    )

    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(counts.every((bytes) => bytes > fileBytes)).toBe(true)
    expect(counts).toHaveLength(callers + 1)
    expect(grownBytes).toBeLessThan(bytesForAll + callers * bytesForEach)
    await expect.poll(() => gateway.openFiles(), { timeout: 10_000 }).toBeLessThanOrEqual(idleFiles + 2)
  },
)

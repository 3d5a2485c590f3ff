/**
 * The yardstick: the least a Node process can do as a proxy. It collects the request body, dispatches it with
 * undici and writes the answer's bytes through, with back-pressure both ways and hang-ups passed on.
 * It checks nothing, reads nothing, counts nothing.
 *
 * Run as `node bare.ts UPSTREAM_PORT`; it prints `listening PORT`.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool, type Dispatcher } from 'undici'

const pool = new Pool(`http://127.0.0.1:${Number(process.argv[2])}`, { headersTimeout: 0, bodyTimeout: 0 })

class PassThrough implements Dispatcher.DispatchHandler {
  private readonly response: ServerResponse
  private controller: Dispatcher.DispatchController | undefined
  private callerIsGone = false
  private finished = false

  constructor(response: ServerResponse) {
    this.response = response
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.callerIsGone) controller.abort(new Error('the caller hung up'))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    const length = headers['content-length']
    const type = headers['content-type'] ?? 'application/octet-stream'
    this.response.writeHead(
      status,
      length === undefined ? { 'content-type': type } : { 'content-type': type, 'content-length': length },
    )
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.response.write(chunk)) return
    controller.pause()
    this.response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.finished = true
    this.response.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.finished = true
    if (this.response.headersSent) this.response.destroy(error)
    else this.response.writeHead(502).end()
  }

  hangUp(): void {
    this.callerIsGone = true
    if (!this.finished) this.controller?.abort(new Error('the caller hung up'))
  }
}

function pass(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const handler = new PassThrough(response)
  response.once('close', () => handler.hangUp())
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: 'POST',
      headers: { 'content-type': request.headers['content-type'] },
      body,
    },
    handler,
  )
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
  })
  request.on('end', () => {
    pass(request, response, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  console.log(`listening ${(server.address() as AddressInfo).port}`)
})

// An orderly end lets `--cpu-prof` write its file.
process.once('SIGTERM', () => process.exit(0))

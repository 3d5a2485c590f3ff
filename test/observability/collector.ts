/** A real OTLP/HTTP collector on a free port: keeps what it is sent. */
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  events: {
    name: string
    timeUnixNano: string
    attributes: { key: string; value: Record<string, unknown> }[]
  }[]
  status: { code: number; message?: string }
}

interface Export {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: ReceivedSpan[] }[]
  }[]
}

export interface Collector {
  url: string
  requests: { path: string; headers: IncomingHttpHeaders; body: string }[]
  spans(): ReceivedSpan[]
  resource(): Record<string, string | undefined>
  close(): Promise<void>
}

/** @param answer the status to answer with; `never` keeps every caller waiting. */
export async function startCollector(answer: number | 'never' = 200): Promise<Collector> {
  const requests: Collector['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      if (answer !== 'never') response.writeHead(answer, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const exports = () => requests.map(({ body }) => JSON.parse(body) as Export).flatMap((e) => e.resourceSpans)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    spans: () => exports().flatMap((e) => e.scopeSpans.flatMap(({ spans }) => spans)),
    resource: () =>
      Object.fromEntries(exports()[0]!.resource.attributes.map(({ key, value }) => [key, value.stringValue])),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

import { request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { EventReader, type ReadEvent } from './sse-reader.ts'

/** A body: bytes and texts go as they are, anything else as JSON. */
export type Body = unknown

/** Parsed JSON of whatever shape: a test says what it expects of it by its assertions. */
export type AnyJson = ReturnType<typeof JSON.parse>

export interface CallOptions {
  headers?: Record<string, string | string[]>
  method?: string
  /** Shares connections; without one each call has its own. */
  agent?: Agent
}

export interface WholeAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** `undefined` where the text is no JSON. */
  json: AnyJson
}

/** Calls and reads the whole answer. */
export async function post(url: string, body?: Body, options: CallOptions = {}): Promise<WholeAnswer> {
  const response = await begin(url, body, options)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return { status: response.statusCode!, headers: response.headers, text, json: parse(text) }
}

export const get = (url: string, options: CallOptions = {}): Promise<WholeAnswer> =>
  post(url, undefined, { method: 'GET', ...options })

function parse(text: string): AnyJson {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function begin(
  url: string,
  body: Body,
  { headers, method = 'POST', agent }: CallOptions,
): Promise<IncomingMessage> {
  const bytes = body === undefined ? undefined : bytesOf(body)
  return new Promise((resolve, reject) => {
    const typed =
      bytes === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(bytes.length) }
    const request = httpRequest(
      url,
      { method, agent: agent ?? false, headers: { ...typed, ...headers } },
      resolve,
    )
    request.on('error', reject)
    request.end(bytes)
  })
}

function bytesOf(body: Body): Uint8Array {
  if (body instanceof Uint8Array) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

export interface StreamEvent extends ReadEvent {
  /** The data as JSON; `undefined` for `[DONE]`. */
  json: AnyJson
}

/** An answer that is read piece by piece. What is not read stays in the buffers of the connection, up to the sender. */
export interface OpenStream extends AsyncIterable<Buffer> {
  status: number
  headers: IncomingHttpHeaders
  /** The next chunk; `undefined` at the end. */
  firstChunk(): Promise<Buffer | undefined>
  /** The events that are left; ends with the stream, throws where the connection breaks. */
  events(): AsyncGenerator<StreamEvent, void>
  /** The text that is left. */
  text(): Promise<string>
  /** Stops reading from the socket at once. */
  pauseReading(): void
  resumeReading(): void
  /** Closes the connection, as a caller who leaves. */
  hangUp(): void
}

/** Calls and returns as soon as the head of the answer is there. */
export async function openStream(url: string, body?: Body, options: CallOptions = {}): Promise<OpenStream> {
  const response = await begin(url, body, options)
  const { socket } = response
  const chunks = response.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
  // The caller who hung up does not want to hear of it.
  response.on('error', () => {})
  return {
    status: response.statusCode!,
    headers: response.headers,
    [Symbol.asyncIterator]: () => chunks,
    async firstChunk() {
      const { value, done } = await chunks.next()
      return done === true ? undefined : value
    },
    async *events() {
      const reader = new EventReader()
      const utf8 = new TextDecoder()
      for await (const chunk of chunks) {
        for (const event of reader.push(utf8.decode(chunk, { stream: true }))) {
          yield { ...event, json: parse(event.data) }
        }
      }
    },
    async text() {
      const read: Buffer[] = []
      for await (const chunk of chunks) read.push(chunk)
      return Buffer.concat(read).toString()
    },
    pauseReading: () => void socket.pause(),
    resumeReading: () => void socket.resume(),
    hangUp: () => void socket.destroy(),
  }
}

export interface RawAnswer {
  /** 0 where no status line came. */
  status: number
  text: string
}

/**
 * Sends bytes as they are, HTTP or not, and reads until the server closes or has sent one whole answer.
 * @param hangUpAfterMs leaves after so long with what has come by then
 */
export function rawRequest(
  port: number,
  bytes: string | Uint8Array,
  { hangUpAfterMs = 10_000 }: { hangUpAfterMs?: number } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const timer = setTimeout(() => socket.destroy(), hangUpAfterMs)
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (isWholeAnswer(text)) socket.destroy()
    })
    // A server that refuses may reset the connection while we still write.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? reject(error) : undefined,
    )
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text })
    })
  })
}

function isWholeAnswer(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return false
  const head = text.slice(0, headEnd).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  if (length !== undefined) return text.length >= headEnd + 4 + Number(length)
  return head.includes('transfer-encoding: chunked') && text.endsWith('\r\n0\r\n\r\n')
}

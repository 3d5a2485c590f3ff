import type {
  Transport,
  UpstreamExchange,
  UpstreamFailure,
  UpstreamReceiver,
  UpstreamRequest,
} from '../../src/upstream/transport.ts'

/** A receiver that writes down what a transport tells it. */
export class Recorder implements UpstreamReceiver {
  status: number | undefined
  headers: Readonly<Record<string, string | string[] | undefined>> = {}
  readonly chunks: Buffer[] = []
  /** `head`, `data`, `end` and `error` in the order they came. */
  readonly calls: string[] = []
  failure: UpstreamFailure | undefined
  /** Run after the head and after each chunk: what a slow or fickle reader does. */
  afterHead: (() => void) | undefined
  onChunk: (() => void) | undefined
  readonly over: Promise<void>
  #settle: () => void = () => {}

  constructor() {
    this.over = new Promise((resolve) => (this.#settle = resolve))
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  onHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    this.calls.push('head')
    this.status = status
    this.headers = headers
    this.afterHead?.()
  }

  onData(chunk: Buffer): void {
    this.calls.push('data')
    this.chunks.push(chunk)
    this.onChunk?.()
  }

  onEnd(): void {
    this.calls.push('end')
    this.#settle()
  }

  onError(failure: UpstreamFailure): void {
    this.calls.push('error')
    this.failure = failure
    this.#settle()
  }
}

export interface Sent {
  recorder: Recorder
  exchange: UpstreamExchange
}

/** Sends a JSON body (or raw bytes) and returns at once. */
export function send(transport: Transport, path: string, body: unknown): Sent {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const headers = ['content-type', 'application/json']
  const request: UpstreamRequest = { method: 'POST', path, headers, body: bytes }
  const recorder = new Recorder()
  return { recorder, exchange: transport.send(request, recorder) }
}

/** Sends and waits for the end. */
export async function sendAndRead(transport: Transport, path: string, body: unknown): Promise<Recorder> {
  const { recorder } = send(transport, path, body)
  await recorder.over
  return recorder
}

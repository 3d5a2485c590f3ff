const headEndMark = Buffer.from('\r\n\r\n')

/** Receives one connection's answers. `body` may be called any number of times for one answer. */
export type ResponseSink = {
  body(part: Buffer): void
  end(status: number): void
}

type State = 'head' | 'sized' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'

/**
 * Reads HTTP/1.1 answers off a raw socket, cheaply: what a load generator needs and no more. Answers must have
 * a length or be chunked; trailers are skipped.
 * @throws Error on bytes that are no such answer
 */
export class ResponseReader {
  private readonly sink: ResponseSink
  private state: State = 'head'
  private status = 0
  private left = 0
  private kept: Buffer | undefined

  constructor(sink: ResponseSink) {
    this.sink = sink
  }

  push(part: Buffer): void {
    const bytes = this.kept === undefined ? part : Buffer.concat([this.kept, part])
    this.kept = undefined
    let at = 0
    while (at < bytes.length) {
      const next = this.step(bytes, at)
      if (next < 0) {
        this.kept = bytes.subarray(at)
        return
      }
      at = next
    }
  }

  /** Returns where to go on, or -1 when more bytes are needed. */
  private step(bytes: Buffer, at: number): number {
    switch (this.state) {
      case 'head':
        return this.readHead(bytes, at)
      case 'sized':
      case 'chunk-data':
        return this.readData(bytes, at)
      case 'chunk-size':
        return this.readChunkSize(bytes, at)
      case 'chunk-end':
        if (bytes.length - at < 2) return -1
        this.state = 'chunk-size'
        return at + 2
      case 'trailer':
        return this.readTrailer(bytes, at)
    }
  }

  private readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(headEndMark, at)
    if (end < 0) return -1
    const head = bytes.toString('latin1', at, end)
    this.status = Number(head.slice(9, 12))
    const sized = /\r\ncontent-length: *(\d+)/i.exec(head)
    if (sized !== null) {
      this.left = Number(sized[1])
      this.state = 'sized'
      if (this.left === 0) this.finish()
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.state = 'chunk-size'
    } else {
      throw new Error(`an answer has neither a length nor chunks: ${head.slice(0, 60)}`)
    }
    return end + 4
  }

  private readData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.left)
    this.left -= end - at
    this.sink.body(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))
    if (this.left > 0) return end
    if (this.state === 'sized') this.finish()
    else this.state = 'chunk-end'
    return end
  }

  private readChunkSize(bytes: Buffer, at: number): number {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return -1
    this.left = parseInt(bytes.toString('latin1', at, end), 16)
    if (Number.isNaN(this.left)) throw new Error('a chunk has no readable size')
    this.state = this.left === 0 ? 'trailer' : 'chunk-data'
    return end + 2
  }

  private readTrailer(bytes: Buffer, at: number): number {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return -1
    if (end === at) this.finish()
    return end + 2
  }

  private finish(): void {
    this.state = 'head'
    this.sink.end(this.status)
  }
}

import { connect, type Socket } from 'node:net'
import { closeAfterTest } from '../support/after-test.ts'

/** A connection whose bytes a test writes by hand, and all that came back. */
export class RawCaller {
  text = ''
  readonly closed: Promise<void>
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.setEncoding('latin1').on('data', (chunk: string) => (this.text += chunk))
    // Who leaves first is told by how the connection ends; a reset is one way.
    socket.on('error', () => {})
    closeAfterTest(() => Promise.resolve(socket.destroy()))
  }

  /** @throws Error ECONNREFUSED and the like */
  static connect(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawCaller> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ...options }, () => resolve(new RawCaller(socket)))
      socket.once('error', reject)
    })
  }

  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  write(bytes: string): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  /** Waits until what came matches. @throws Error when the connection closes first */
  async saw(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      if (this.isClosed)
        throw new Error(`The connection closed before ${pattern}, after: ${this.text.slice(0, 500)}`)
      await new Promise((resolve) => this.#socket.once('data', resolve).once('close', resolve))
    }
  }

  /** Says that nothing more will be sent, and goes on listening. */
  endWriting(): void {
    this.#socket.end()
  }

  hangUp(): void {
    this.#socket.destroy()
  }
}

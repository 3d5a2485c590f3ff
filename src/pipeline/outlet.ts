import type { StreamSink } from './call.ts'

/** The way to the caller; keeps what comes before the caller's head has been written. */
export class Outlet {
  #sink: StreamSink | undefined
  #held: (Buffer | string)[] = []
  #closing: 'end' | 'abort' | undefined

  /** False asks for a pause. */
  write(bytes: Buffer | string): boolean {
    if (this.#sink) return this.#sink.write(bytes)
    this.#held.push(bytes)
    return true
  }

  /** @returns false where the sink asks for a pause already */
  open(sink: StreamSink): boolean {
    this.#sink = sink
    let takesMore = true
    for (const bytes of this.#held) takesMore = sink.write(bytes) && takesMore
    this.#held = []
    if (this.#closing) sink[this.#closing]()
    return takesMore
  }

  end(): void {
    this.#close('end')
  }

  abort(): void {
    this.#close('abort')
  }

  #close(how: 'end' | 'abort'): void {
    this.#closing = how
    this.#sink?.[how]()
  }
}

/** A body that is read whole, up to a limit. */
export class CollectedBody {
  readonly limitBytes: number
  readonly #chunks: Buffer[] = []
  #length = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** False where it is larger than the limit. */
  add(chunk: Buffer): boolean {
    this.#length += chunk.length
    this.#chunks.push(chunk)
    return this.#length <= this.limitBytes
  }

  bytes(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
  }

  /** Cut at the limit. */
  text(): string {
    return this.bytes().toString('utf8', 0, this.limitBytes)
  }
}

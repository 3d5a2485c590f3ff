import type { StreamConversion } from './conversion.ts'

/** Audio, text, subtitles: bytes that pass as they come, and end when HTTP says so. */
export class OpaqueStream implements StreamConversion {
  readonly isOpaque = true
  readonly error = undefined
  readonly usage = undefined
  readonly model = undefined
  lifeSigns = 0
  ended = false

  get finished(): boolean {
    return this.ended
  }

  push(chunk: Buffer): Buffer | undefined {
    // A connection that was paused may go on with a chunk of nothing.
    if (chunk.length === 0) return undefined
    this.lifeSigns++
    return chunk
  }

  /** The transcription of silence has no bytes, and is an answer all the same. */
  close(): undefined {
    this.lifeSigns++
    this.ended = true
  }
}

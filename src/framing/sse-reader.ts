import type { Frame, FrameReader } from './frame.ts'
import { parseEvent, SseSplitter } from './sse.ts'

/** Server-sent events as frames; comments and retry hints are none. */
export class SseReader implements FrameReader {
  readonly #splitter: SseSplitter

  constructor(limits: { maxEventBytes: number }) {
    this.#splitter = new SseSplitter(limits)
  }

  push(chunk: Buffer): readonly Frame[] {
    const whole = this.#splitter.push(chunk)
    if (!whole) return none
    const frames: Frame[] = []
    for (const text of whole.texts) {
      const frame = parseEvent(text)
      if (frame) frames.push(frame)
    }
    return frames
  }

  close(): readonly Frame[] {
    const rest = this.#splitter.rest()
    const frame = rest.length > 0 ? parseEvent(rest.toString()) : undefined
    return frame && isWhole(frame) ? [frame] : none
  }
}

const none: readonly Frame[] = []

/** An event without its blank line counts only if it is not cut: whole JSON, or the whole sentinel. */
function isWhole({ data }: Frame): boolean {
  if (data.startsWith('[DONE]')) return true
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}

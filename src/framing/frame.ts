/** How a stream is cut: server-sent events, one JSON value a line, or AWS's binary messages. */
export type FramingName = 'sse' | 'ndjson' | 'aws-event-stream'

/** One event of a stream, whatever its framing: an SSE event, an NDJSON line, an AWS event-stream message. */
export interface Frame {
  /** SSE `event:` or AWS `:event-type`; absent where the framing has none or the sender gave none. */
  event?: string
  /** The payload: JSON text, or a sentinel such as `[DONE]`. */
  data: string
  /** An AWS message of the type `exception` or `error`; `event` names it. */
  isException?: true
}

/** Reads frames from bytes, wherever the network cut them. Stateful; one per stream. */
export interface FrameReader {
  /**
   * Takes what arrived; gives the frames that are whole now.
   * @throws FrameTooLarge; SyntaxError where the bytes are not of this framing
   */
  push(chunk: Buffer): readonly Frame[]
  /** The stream has ended: what was left, where it is whole without its end mark. */
  close(): readonly Frame[]
}

/** Thrown when a frame grows past its cap; the stream can't be trusted after that. */
export class FrameTooLarge extends Error {
  override readonly name = 'FrameTooLarge'
  constructor(limitBytes: number) {
    super(`an event of the stream is larger than ${limitBytes} bytes`)
  }
}

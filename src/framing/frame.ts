/** One event of a stream, whatever its framing: an SSE event, an NDJSON line, an AWS event-stream message. */
export interface Frame {
  /** SSE `event:` or AWS `:event-type`; absent where the framing has none or the sender gave none. */
  event?: string
  /** The payload: JSON text, or a sentinel such as `[DONE]`. */
  data: string
}

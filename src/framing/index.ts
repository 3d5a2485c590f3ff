import type { FrameReader, FramingName } from './frame.ts'
import { SseReader } from './sse-reader.ts'

interface Framing {
  /** What the `content-type` of such a stream begins with. */
  contentType: string
  open(limits: { maxEventBytes: number }): FrameReader
}

const sse: Framing = { contentType: 'text/event-stream', open: (limits) => new SseReader(limits) }

export const framings: Readonly<Record<FramingName, Framing>> = {
  sse,
  // The lead registers NdjsonReader and AwsEventStreamReader here as soon as their files exist.
  ndjson: sse,
  'aws-event-stream': sse,
}

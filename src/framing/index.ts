import { AwsEventStreamReader } from './aws-event-stream.ts'
import type { FrameReader, FramingName } from './frame.ts'
import { NdjsonReader } from './ndjson.ts'
import { SseReader } from './sse-reader.ts'

interface Framing {
  /** What the `content-type` of such a stream begins with. */
  contentType: string
  open(limits: { maxEventBytes: number }): FrameReader
}

export const framings: Readonly<Record<FramingName, Framing>> = {
  sse: { contentType: 'text/event-stream', open: (limits) => new SseReader(limits) },
  ndjson: { contentType: 'application/x-ndjson', open: (limits) => new NdjsonReader(limits) },
  'aws-event-stream': {
    contentType: 'application/vnd.amazon.eventstream',
    open: (limits) => new AwsEventStreamReader(limits),
  },
}

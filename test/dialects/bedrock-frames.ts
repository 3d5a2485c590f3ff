import { AwsEventStreamReader } from '../../src/framing/aws-event-stream.ts'
import type { Frame } from '../../src/framing/frame.ts'

/** The frames of a recorded stream. */
export const frames = (bytes: Buffer): readonly Frame[] =>
  new AwsEventStreamReader({ maxEventBytes: 1024 * 1024 }).push(bytes)

/** An event, as `[name, payload]`, or a frame as it is. */
export type Sent = readonly [string, Record<string, unknown>] | Frame

export const send = (...events: Sent[]): Frame[] =>
  events.map((sent) => ('data' in sent ? sent : { event: sent[0], data: JSON.stringify(sent[1]) }))

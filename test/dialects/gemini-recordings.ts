import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import { parseJson } from '../../src/canonical/json.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { parseEvent } from '../../src/framing/sse.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { type Fixture, loadFixtures } from '../support/fixtures.ts'

export const recordings = loadFixtures({ dialect: 'gemini-generate' })
export const streams = recordings.filter(({ response }) => response.bodyText !== undefined)
export const failures = recordings.filter(({ response }) => response.status >= 400)
export const answers = recordings.filter((recording) => isWhole(recording))

function isWhole({ response }: Fixture): boolean {
  return response.status < 400 && response.bodyText === undefined
}

/** A recorded body as the gateway parses it. */
export const bodyOf = ({ response }: Fixture): unknown => parseJson(JSON.stringify(response.body))

export const framesOf = ({ response }: Fixture): Frame[] =>
  (response.bodyText ?? '')
    .split(/\r?\n\r?\n/)
    .map((event) => parseEvent(event))
    .filter((frame) => frame !== undefined)

export const frame = (chunk: unknown): Frame => ({ data: JSON.stringify(chunk) })

/** Everything a decoder makes of the frames, the closed connection at their end included. */
export function decode(frames: readonly Frame[]): ChatEvent[] {
  const decoder = gemini.streamDecoder()
  return [...frames.flatMap((each) => [...decoder.push(each)]), ...decoder.close()]
}

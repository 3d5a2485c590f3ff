import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { type Fixture, responseBytes } from './fixtures.ts'
import type { RecordedRequest } from './upstream.ts'

interface Pace {
  /** Cuts the body every so many bytes; each piece is a write, and a turn of the event loop, of its own. */
  chunkBytes?: number
  /** Milliseconds before each write. */
  delayMs?: number
}

interface Head {
  /** 200 unless given. */
  status?: number
  headers?: Record<string, string | string[]>
}

/** What a provider does with a request, told as data. */
export type ScriptedAnswer =
  | (Head & Pace & { json: unknown })
  | (Head & Pace & { body: string | Uint8Array })
  | (Head &
      Pace & {
        /** Texts of events, written one by one. */
        sse: readonly string[]
        /** Goes through the events so many times; `Infinity` never ends, and waits for a slow reader. */
        repeats?: number
        /** Then leaves the connection open and says nothing more. */
        thenHangs?: boolean
        /** Then resets the connection. */
        thenResets?: boolean
      })
  | (Pace & { fixture: Fixture })
  /** Takes the request and never answers. */
  | { hangs: true }
  /** Resets the connection without an answer. */
  | { resets: true }

/** A function may answer as it likes; what it returns, if anything, is played. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  recorded: RecordedRequest,
) => ScriptedAnswer | void | Promise<ScriptedAnswer | void>

/** A list gives its first answer to the first request, and its last to all that are left. */
export type Script = Handler | ScriptedAnswer | readonly (Handler | ScriptedAnswer)[]

/** Plays one answer; ends early when the peer is gone. */
export async function play(answer: ScriptedAnswer, response: ServerResponse): Promise<void> {
  if ('hangs' in answer) return
  if ('resets' in answer) return resetConnection(response)
  if ('fixture' in answer) return playBody(fixtureAnswer(answer.fixture), answer, response)
  if ('json' in answer) {
    const headers = { 'content-type': 'application/json', ...answer.headers }
    return playBody({ ...answer, headers, body: JSON.stringify(answer.json) }, answer, response)
  }
  if ('body' in answer) return playBody(answer, answer, response)
  response.writeHead(answer.status ?? 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    ...answer.headers,
  })
  response.flushHeaders()
  for (let round = 0; round < (answer.repeats ?? 1); round++) {
    for (const event of answer.sse) if (!(await write(response, Buffer.from(event), answer))) return
  }
  if (answer.thenResets) resetConnection(response)
  else if (!answer.thenHangs) response.end()
}

const framingHeaders = new Set(['content-length', 'transfer-encoding', 'content-encoding', 'connection'])

/** A recorded answer, without the headers that described its bytes on the wire. */
function fixtureAnswer(fixture: Fixture): Head & { body: Uint8Array } {
  const { status, headers } = fixture.response
  const kept = Object.entries(headers).filter(([name]) => !framingHeaders.has(name.toLowerCase()))
  return { status, headers: Object.fromEntries(kept), body: responseBytes(fixture) }
}

async function playBody(
  { status, headers, body }: Head & { body: string | Uint8Array },
  pace: Pace,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(status ?? 200, headers)
  if (await write(response, Buffer.from(body), pace)) response.end()
}

/** Writes all of it, as fast as the peer reads. False when the peer is gone. */
async function write(
  response: ServerResponse,
  bytes: Buffer,
  { chunkBytes, delayMs }: Pace,
): Promise<boolean> {
  const step = chunkBytes ?? Math.max(bytes.length, 1)
  for (let at = 0; at < bytes.length; at += step) {
    if (delayMs !== undefined) await delay(delayMs)
    if (response.destroyed) return false
    const isTaken = response.write(bytes.subarray(at, at + step))
    if (!isTaken) await Promise.race([once(response, 'drain'), once(response, 'close')])
    // Pieces written in one turn of the event loop would leave in one segment.
    else if (chunkBytes !== undefined) await nextTurn()
  }
  // An endless script must let others run.
  await nextTurn()
  return !response.destroyed
}

export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

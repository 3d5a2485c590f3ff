import type { JsonObject } from '../../canonical/json.ts'

/**
 * A signature that came with text or an image is a redacted thought of its own in the canonical form. Here it goes back
 * to such a part: the one before it, else the one after it (callers of OpenAI's dialect send thinking first),
 * else an empty text, as streams of this API bring it.
 */
export function placeSignatures(parts: readonly JsonObject[]): JsonObject[] {
  const placed: JsonObject[] = []
  let waiting: unknown
  for (const part of parts) {
    if (isBare(part)) {
      const before = placed.at(-1)
      if (before && mayHold(before))
        placed[placed.length - 1] = { ...before, thoughtSignature: part.thoughtSignature }
      else {
        flush(placed, waiting)
        waiting = part.thoughtSignature
      }
      continue
    }
    if (waiting !== undefined && mayHold(part)) placed.push({ ...part, thoughtSignature: waiting })
    else {
      flush(placed, waiting)
      placed.push(part)
    }
    waiting = undefined
  }
  flush(placed, waiting)
  return placed
}

function flush(placed: JsonObject[], thoughtSignature: unknown): void {
  if (thoughtSignature !== undefined) placed.push({ text: '', thoughtSignature })
}

const isBare = (part: JsonObject): boolean =>
  part.thoughtSignature !== undefined && Object.keys(part).length === 1

const mayHold = (part: JsonObject): boolean =>
  part.thoughtSignature === undefined &&
  part.thought !== true &&
  (part.text !== undefined || part.inlineData !== undefined)

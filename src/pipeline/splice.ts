import type { JsonObject } from '../canonical/json.ts'
import { countMembers, readMembers } from './members.ts'

/**
 * Changes members at the top level of a JSON object without touching any other byte: numbers keep their
 * digits, keys their order, and a 200 KB prompt is not serialised again to rename a model.
 * Objects come as their bytes: see `members.ts`.
 */

export type Edit =
  { key: string; set: string } | { key: string; rename: string } | { key: string; remove: true }

/**
 * @param bytes a JSON object, already known to parse.
 * @param edits at most one per key. `set` adds a member that is not there; `rename` and `remove` ignore one.
 */
export function splice(bytes: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return bytes
  const { members, close } = readMembers(bytes)
  let edited = ''
  let copied = 0
  let kept = 0
  const replace = (from: number, to: number, text: string) => {
    edited += bytes.slice(copied, from) + asBytes(text)
    copied = to
  }
  for (const [index, member] of members.entries()) {
    const edit = edits.find(({ key }) => key === member.key)
    if (edit && 'remove' in edit) {
      // Its comma goes too: the one before it, or the one after it where nothing is left before it.
      if (kept > 0) replace(Math.max(copied, members[index - 1]?.valueEnd ?? 0), member.valueEnd, '')
      else replace(member.keyStart, members[index + 1]?.keyStart ?? member.valueEnd, '')
      continue
    }
    kept++
    if (edit && 'set' in edit) replace(member.valueStart, member.valueEnd, edit.set)
    if (edit && 'rename' in edit) replace(member.keyStart, member.keyEnd, JSON.stringify(edit.rename))
  }
  for (const edit of edits) {
    if (!('set' in edit) || members.some(({ key }) => key === edit.key)) continue
    replace(close, close, `${kept++ > 0 ? ',' : ''}${JSON.stringify(edit.key)}:${edit.set}`)
  }
  return edited + bytes.slice(copied)
}

const asBytes = (text: string): string => Buffer.from(text).toString('latin1')

/**
 * A key that stands twice at the top level, or `undefined`. Parsers disagree on which one counts, so what was
 * checked here might not be what the provider reads.
 */
export function duplicateKey(bytes: string, body: JsonObject): string | undefined {
  if (countMembers(bytes) === Object.keys(body).length) return undefined
  const { members } = readMembers(bytes)
  const seen = new Set<string>()
  return members.find(({ key }) => seen.size === seen.add(key).size)?.key
}

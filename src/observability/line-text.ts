/** Text on its way into a line of JSON: escaped, cut, and remembered where it comes back. */

const longestText = 200

// Printable ASCII without the quote and the backslash: what nearly every id and name is made of.
const plain = /^[ !#-[\]-~]*$/

/** The text as it stands between quotes in JSON, cut at `limit` characters. */
export function escaped(text: string, limit: number = longestText): string {
  const part = cut(text, limit)
  return plain.test(part) ? part : visible(JSON.stringify(part).slice(1, -1))
}

export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  // Half of a surrogate pair is no character.
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)
}

// Built from text: as a literal it would hold the very characters that editors hide.
const invisible = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]', 'g')

/** Nothing in the result starts a new line, steers a terminal or turns the direction of the text. */
export const visible = (text: string): string =>
  text.replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Milliseconds to a tenth. Two whole numbers print several times faster than one with a fraction. */
export function tenths(ms: number): string {
  const count = Math.round(ms * 10)
  if (!(count >= 0 && count < 1e15)) return '0'
  const whole = Math.floor(count / 10)
  const rest = count - whole * 10
  return rest === 0 ? `${whole}` : `${whole}.${rest}`
}

const mostPieces = 2_000

/**
 * Pieces of a line made of two values that come back request after request, so that most of a line is a few
 * look-ups. Starts afresh when callers have filled it with words of their own.
 */
export class Pieces<A, B> {
  private byFirst = new Map<A, Map<B, string>>()
  private count = 0
  private readonly make: (first: A, second: B) => string

  constructor(make: (first: A, second: B) => string) {
    this.make = make
  }

  of(first: A, second: B): string {
    return this.byFirst.get(first)?.get(second) ?? this.add(first, second)
  }

  private add(first: A, second: B): string {
    if (this.count++ >= mostPieces) {
      this.byFirst = new Map()
      this.count = 1
    }
    const piece = this.make(first, second)
    const bySecond = this.byFirst.get(first) ?? new Map<B, string>()
    this.byFirst.set(first, bySecond.set(second, piece))
    return piece
  }
}

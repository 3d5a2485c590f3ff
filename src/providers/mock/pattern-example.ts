/**
 * A short string that matches a regular expression, for schemas with `pattern`. Covers literals, classes,
 * groups, alternatives and quantifiers. Look-arounds are read over, so a pattern that depends on one may be
 * missed. The pattern is a caller's: it is read, never run, because running it may take for ever.
 */
const longest = 256
const deepest = 20

/**
 * Between `least` and `most` characters long.
 * @returns `undefined` where none was found.
 */
export function examplePattern(pattern: string, least: number, most: number): string | undefined {
  for (const repeats of new Set([1, Math.min(least, longest)])) {
    const reader = { pattern, at: 0, depth: 0, repeats }
    const built = readAlternatives(reader)
    if (
      built !== undefined &&
      reader.at === pattern.length &&
      built.length >= least &&
      built.length <= most
    ) {
      return built
    }
  }
  return undefined
}

interface Reader {
  pattern: string
  at: number
  depth: number
  /** How often a piece stands that may stand any number of times. */
  repeats: number
}

/** The first alternative; the others are read over. */
function readAlternatives(reader: Reader): string | undefined {
  if (++reader.depth > deepest) return undefined
  const first = readSequence(reader)
  while (reader.pattern[reader.at] === '|') {
    reader.at++
    if (readSequence(reader) === undefined) return undefined
  }
  reader.depth--
  return first
}

function readSequence(reader: Reader): string | undefined {
  let built = ''
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at]!)) {
    const piece = readPiece(reader)
    if (piece === undefined) return undefined
    const times = readTimes(reader)
    if (built.length + piece.length * times > longest) return undefined
    built += piece.repeat(times)
  }
  return built
}

function readPiece(reader: Reader): string | undefined {
  const character = reader.pattern[reader.at++]!
  if (character === '^' || character === '$') return ''
  if (character === '.') return 'a'
  if (character === '(') return readGroup(reader)
  if (character === '[') return readClass(reader)
  return character === '\\' ? readEscape(reader) : character
}

function readGroup(reader: Reader): string | undefined {
  const opening =
    /^\?(?::|<[A-Za-z_]\w{0,40}>|<?[=!])/.exec(reader.pattern.slice(reader.at, reader.at + 48))?.[0] ?? ''
  reader.at += opening.length
  const inner = readAlternatives(reader)
  if (reader.pattern[reader.at++] !== ')') return undefined
  return /[=!]$/.test(opening) ? '' : inner
}

const escapes: Record<string, string> = {
  d: '1',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
  b: '',
  B: '',
  n: '\n',
  t: '\t',
}

/** Back-references, properties and code points are not read. */
function readEscape(reader: Reader): string | undefined {
  const character = reader.pattern[reader.at++]
  if (character === undefined || /[1-9kpPuxc]/.test(character)) return undefined
  return escapes[character] ?? character
}

/** A character of the class, found by trying, because that reads negations and ranges alike. */
function readClass(reader: Reader): string | undefined {
  const start = reader.at - 1
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== ']') {
    reader.at += reader.pattern[reader.at] === '\\' ? 2 : 1
  }
  const one = oneOfClass(reader.pattern.slice(start, ++reader.at))
  if (!one) return undefined
  for (const candidate of 'a1A-_. ') if (one.test(candidate)) return candidate
  for (let code = 33; code < 0x250; code++) {
    if (one.test(String.fromCharCode(code))) return String.fromCharCode(code)
  }
  return undefined
}

/** One character against one class takes no time, whatever the class. */
function oneOfClass(source: string): RegExp | undefined {
  try {
    return new RegExp(`^${source}$`, 'u')
  } catch {
    return undefined
  }
}

/** How often the piece before stands. */
function readTimes(reader: Reader): number {
  const quantifier = /^(?:[*+?]|\{(\d{1,9})(,?)(\d{0,9})\})\??/.exec(
    reader.pattern.slice(reader.at, reader.at + 24),
  )
  if (!quantifier) return 1
  reader.at += quantifier[0].length
  const [text, atLeast, comma, atMost] = quantifier
  if (atLeast === undefined) return text.startsWith('?') ? 0 : reader.repeats
  if (comma === '') return Number(atLeast)
  return Math.max(Number(atLeast), Math.min(reader.repeats, atMost === '' ? Infinity : Number(atMost)))
}

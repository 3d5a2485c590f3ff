/** What the head of a part says of it. */
export interface Disposition {
  name: string
  /** No file, and its bytes are the text itself, in UTF-8. */
  isPlain: boolean
}

/** Without control characters, of which a parser might see the end of the text in one. */
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/
/** `; name=value` with a quoted text, or a word in the wide sense: `boundary=----=_Part_1` is usual. */
const parameter = /[ \t]*;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s";\\]+)/y

const plainText = /^text\/plain\s*(?:;\s*charset="?(?:utf-8|us-ascii)"?)?$/i

/**
 * Reads the head of a part, one character a byte, without its blank line. The name must be written so that nobody can
 * read it in two ways: once, without escapes.
 * @returns what is wrong with it, where something is
 * @see RFC 7578 section 4.2
 */
export function readDisposition(head: string): Disposition | string {
  let disposition: Map<string, string> | undefined
  let isPlain = true
  for (const line of head.split('\r\n')) {
    const [, header, value = ''] = headerLine.exec(line) ?? []
    if (header === undefined) return 'a part has a line in its head that is no header'
    const name = header.toLowerCase()
    if (name === 'content-disposition') {
      if (disposition) return 'a part has two headers content-disposition'
      disposition = readParameters(value, 'form-data')
      if (!disposition) return 'a part has a content-disposition that is not form-data with parameters'
    } else if (name === 'content-transfer-encoding') {
      isPlain &&= /^(?:7bit|8bit|binary)$/i.test(value.trim())
    } else if (name === 'content-type') {
      isPlain &&= plainText.test(value.trim())
    }
  }
  if (!disposition) return 'a part has no content-disposition'
  const name = disposition.get('name')
  if (name === undefined || disposition.has('name*')) return 'a part has no name'
  if (name.includes('\\')) return 'the name of a part has escapes'
  return { name, isPlain: isPlain && !disposition.has('filename') && !disposition.has('filename*') }
}

/** Parameters after a first word, their names in lower case, quotes taken off; `undefined` where it is not so written. */
export function readParameters(value: string, firstWord: string): Map<string, string> | undefined {
  const text = value.trim()
  if (text.slice(0, firstWord.length).toLowerCase() !== firstWord) return undefined
  const parameters = new Map<string, string>()
  parameter.lastIndex = firstWord.length
  for (let at = firstWord.length; at < text.length; at = parameter.lastIndex) {
    const [, name, written] = parameter.exec(text) ?? []
    if (name === undefined || written === undefined) return undefined
    const key = name.toLowerCase()
    if (parameters.has(key)) return undefined
    parameters.set(key, written.startsWith('"') ? written.slice(1, -1) : written)
  }
  return parameters
}

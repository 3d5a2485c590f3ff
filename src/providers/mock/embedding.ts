import { described, invalid } from './refusal.ts'
import { type JsonObject, whole } from './request.ts'
import { promptTokens } from './tokens.ts'

const usualDimensions = 256
const mostDimensions = 8192
const mostInputs = 2048
/** Numbers in one answer: a request of a few bytes must not ask for gigabytes. */
const mostNumbers = 2 ** 20

/**
 * The answer of `/embeddings`: for each input a vector of length 1 that only depends on the input.
 * Equal inputs have equal vectors; that is all they say about meaning.
 * @throws MockRefusal 400
 */
export function embeddingBody(body: JsonObject, model: string): JsonObject {
  const inputs = readInputs(body.input)
  const dimensions = whole(body, 'dimensions', 1, mostDimensions) ?? usualDimensions
  if (inputs.length * dimensions > mostNumbers) {
    throw invalid(
      'input',
      `The mock gives at most ${mostNumbers} numbers at once: send fewer inputs or dimensions.`,
    )
  }
  const isBase64 = readEncoding(body.encoding_format) === 'base64'
  let tokens = 0
  const data = inputs.map((input, index) => {
    tokens += typeof input === 'string' ? promptTokens(input.length) : input.length
    const vector = unitVector(typeof input === 'string' ? input : `\0tokens:${input.join()}`, dimensions)
    return { object: 'embedding', index, embedding: isBase64 ? base64Of(vector) : vector }
  })
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

function readEncoding(value: unknown): 'float' | 'base64' {
  if (value === undefined || value === null || value === 'float') return 'float'
  if (value === 'base64') return 'base64'
  throw invalid('encoding_format', `'encoding_format' must be float or base64.`)
}

type Input = string | number[]

/** One text, several texts, one list of tokens, or several lists of tokens. */
function readInputs(value: unknown): Input[] {
  const list: unknown[] =
    typeof value === 'string' || isTokens(value) ? [value] : Array.isArray(value) ? value : []
  if (list.length === 0 || list.length > mostInputs) {
    const found = list.length === 0 ? described(value) : `${list.length}`
    throw invalid('input', `'input' must be 1 to ${mostInputs} texts or lists of tokens, found ${found}.`)
  }
  const wrong = list.findIndex((input) => !(typeof input === 'string' && input !== '') && !isTokens(input))
  if (wrong === -1) return list as Input[]
  const param = list.length === 1 && !Array.isArray(value) ? 'input' : `input[${wrong}]`
  throw invalid(
    param,
    `'${param}' must be a text or a list of tokens, not empty, found ${described(list[wrong])}.`,
  )
}

const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((token) => Number.isInteger(token) && (token as number) >= 0)

/** Six decimals each: short to write, and alike as float and as base64. */
function unitVector(text: string, dimensions: number): number[] {
  let state = hash(text)
  let sumOfSquares = 0
  const vector = Array.from({ length: dimensions }, () => {
    state = (state + 0x6d2b79f5) | 0
    // Never 0, so that even a vector of one dimension has a length.
    const number = (mix(state) + 0.5) / 2 ** 31 - 1
    sumOfSquares += number * number
    return number
  })
  const length = Math.sqrt(sumOfSquares)
  return vector.map((number) => Math.round((number / length) * 1e6) / 1e6)
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return state
}

/** The output step of mulberry32: 32 bits, unsigned. */
function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return (mixed ^ (mixed >>> 14)) >>> 0
}

/** Float32, little-endian, as OpenAI packs it. */
function base64Of(vector: number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [i, number] of vector.entries()) bytes.writeFloatLE(number, i * 4)
  return bytes.toString('base64')
}

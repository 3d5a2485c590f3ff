import type { EmbeddingEncoding, EmbeddingVector } from '../../canonical/embedding.ts'

const bytesPerFloat = 4

/** The vector in the wanted encoding; numbers lose what does not fit into 32 bits, as providers' base64 does. */
export function encodeVector(vector: EmbeddingVector, encoding: EmbeddingEncoding): EmbeddingVector {
  if (encoding === 'base64') return typeof vector === 'string' ? vector : toBase64(vector)
  return typeof vector === 'string' ? toNumbers(vector) : vector
}

function toBase64(numbers: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(numbers.length * bytesPerFloat)
  numbers.forEach((number, i) => bytes.writeFloatLE(number, i * bytesPerFloat))
  return bytes.toString('base64')
}

function toNumbers(text: string): number[] {
  const bytes = Buffer.from(text, 'base64')
  const numbers: number[] = []
  for (let at = 0; at + bytesPerFloat <= bytes.length; at += bytesPerFloat)
    numbers.push(bytes.readFloatLE(at))
  return numbers
}

/** Whether the text can be a vector: base64 of whole 32-bit floats. */
export const isEncodedVector = (text: string): boolean =>
  text !== '' && Buffer.byteLength(text, 'base64') % bytesPerFloat === 0

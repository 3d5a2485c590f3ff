import type { IncomingMessage } from 'node:http'
import { asGatewayError, GatewayError } from '../errors.ts'
import type { Upload } from '../pipeline/call.ts'
import type { UploadFields } from '../pipeline/envelope.ts'
import { readParameters } from './disposition.ts'
import { MultipartScanner } from './multipart.ts'
import { tooLarge } from './read-body.ts'
import type { Spool } from './spool.ts'

/** A body that has come whole, and what the gateway must know of it. */
export interface ReadUpload {
  fields: UploadFields
  /** Where its model is not named, that position means nothing. */
  upload: Upload
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 2046 section 5.1.1. */
const boundaryForm = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/

/**
 * The boundary of `multipart/form-data`.
 * @throws GatewayError `unsupported_media_type`, `invalid_request`
 */
export function boundaryOf(contentType: string | undefined): string {
  const [type = ''] = (contentType ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'multipart/form-data') {
    const found =
      contentType === undefined
        ? 'no content-type'
        : `the content-type ${JSON.stringify(contentType.slice(0, 100))}`
    const message = `The request has ${found}; send a form as multipart/form-data.`
    throw new GatewayError('unsupported_media_type', { message })
  }
  const boundary = readParameters(contentType as string, 'multipart/form-data')?.get('boundary')
  if (boundary !== undefined && boundaryForm.test(boundary)) return boundary
  throw new GatewayError('invalid_request', {
    message: 'The content-type names no valid boundary; allowed is one of 1 to 70 characters (RFC 2046).',
  })
}

/**
 * Reads a form up to its end before anything is sent on: it can be sent again when a provider fails, one that is cut
 * off or too large costs nothing, and every field has been seen. Memory holds `spoolBytes` of it.
 * @returns `undefined` where the caller left before all had come
 * @throws GatewayError; the rest of the body is then still to come
 */
export async function readUpload(
  message: IncomingMessage,
  maxBodyBytes: number,
  spool: Spool,
): Promise<ReadUpload | undefined> {
  const boundary = boundaryOf(message.headers['content-type'])
  if (Number(message.headers['content-length']) > maxBodyBytes) throw tooLarge(maxBodyBytes)
  const scanner = new MultipartScanner(boundary, ['model', 'stream'])
  for await (const chunk of chunksOf(message)) {
    if (spool.length + chunk.length > maxBodyBytes) throw tooLarge(maxBodyBytes)
    scanner.push(chunk)
    await kept(spool.write(chunk))
  }
  if (!message.complete) return undefined
  scanner.end()
  await kept(spool.finish())
  const { fields } = scanner
  const model = fields.get('model')
  const contentType = `multipart/form-data; boundary=${token.test(boundary) ? boundary : `"${boundary}"`}`
  return {
    fields: { model: model?.value, stream: fields.get('stream')?.value },
    upload: {
      contentType,
      length: spool.length,
      model: model ?? { start: 0, end: 0 },
      read: (start, end) => spool.read(start, end),
    },
  }
}

/** Ends also where the connection breaks; and who stops reading leaves it open, for an answer. */
async function* chunksOf(message: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  } catch (error) {
    if (message.complete) throw error
  }
}

/** A disk that is full is nothing that a caller can mend. */
async function kept(writing: Promise<void>): Promise<void> {
  try {
    await writing
  } catch (error) {
    throw asGatewayError(error)
  }
}

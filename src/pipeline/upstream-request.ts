import { pathOf } from '../providers/provider.ts'
import type { UploadRequest, UpstreamRequest } from '../upstream/transport.ts'
import type { Call } from './call.ts'
import type { Conversion, UploadBody } from './conversion.ts'
import type { Target } from './target.ts'

/** What a target gets, but for a signature. The headers are the provider's prepared list: do not change it. */
export function upstreamRequest(
  call: Call,
  target: Target,
  conversion: Conversion,
  traceparent: string | undefined,
): UpstreamRequest | UploadRequest {
  const { body } = conversion
  const headers = headersOf(call, target, conversion.relayed, traceparent)
  const path = addressOf(call, target, conversion)
  if (body instanceof Uint8Array) return { method: 'POST', path, headers, body }
  return { method: 'POST', path, headers: uploadHeaders(headers, body), body: body.open() }
}

export const isUpload = (request: UpstreamRequest | UploadRequest): request is UploadRequest =>
  request.body !== null && !(request.body instanceof Uint8Array)

function addressOf(call: Call, { provider, model }: Target, { serving, relayed }: Conversion): string {
  const { basePath, settings } = provider
  const path = pathOf(serving, { basePath, model, stream: call.stream, settings })
  if (!relayed || call.query === '') return path
  return path.includes('?') ? `${path}&${call.query.slice(1)}` : path + call.query
}

function headersOf(call: Call, target: Target, relayed: boolean, traceparent: string | undefined): string[] {
  const prepared = target.provider.nextHeaders()
  let headers: string[] | undefined
  if (relayed) {
    const passed = call.passedHeaders
    for (const name in passed) {
      headers ??= prepared.slice()
      setHeader(headers, name, passed[name] as string)
    }
  }
  if (traceparent === undefined) return headers ?? prepared
  return [...(headers ?? prepared), 'traceparent', traceparent]
}

function setHeader(headers: string[], name: string, value: string): void {
  const at = headers.indexOf(name)
  if (at < 0) headers.push(name, value)
  else headers[at + 1] = value
}

function uploadHeaders(prepared: readonly string[], { contentType, length }: UploadBody): string[] {
  const headers = prepared.slice()
  setHeader(headers, 'content-type', contentType)
  setHeader(headers, 'content-length', String(length))
  return headers
}

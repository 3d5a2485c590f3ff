import type { Readable } from 'node:stream'

/**
 * Sending bytes to a provider and hearing back, without promises or streams per request:
 * one receiver object gets the answer as it arrives. The undici transport and the in-process
 * mock provider both speak this.
 */

export interface UpstreamRequest {
  method: 'POST' | 'GET'
  /** Path and query, as the provider gets it. */
  path: string
  /** Flat name, value, name, value list; prepared once per target, so do not change it. */
  headers: string[]
  body: Uint8Array | null
}

/** A request whose body is too large to be held; its bytes are made as they are sent. Signers never see one. */
export interface UploadRequest extends Omit<UpstreamRequest, 'body'> {
  /** `headers` say how long it is. */
  body: Readable
}

/** Calls come in this order: `onHead` once, `onData` any number of times, then `onEnd` or `onError` once. */
export interface UpstreamReceiver {
  /** `headers`: names in lower case. 1xx answers are not reported. */
  onHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void
  onData(chunk: Buffer): void
  onEnd(): void
  /** May come before `onHead`. Never after `cancel` was called. */
  onError(failure: UpstreamFailure): void
}

/** One request under way. */
export interface UpstreamExchange {
  /** Stop reading: back-pressure reaches the provider. */
  pause(): void
  resume(): void
  /** Ends the request at once, wherever it is; the receiver hears nothing more. */
  cancel(): void
}

export interface Transport {
  send(request: UpstreamRequest | UploadRequest, receiver: UpstreamReceiver): UpstreamExchange
  /** Finishes what is under way, then closes connections. */
  close(): Promise<void>
}

/** `kind` is the `kind` label of `gateway_provider_errors_total`. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  readonly kind: 'dns' | 'connect' | 'tls' | 'timeout' | 'protocol'

  constructor(kind: UpstreamFailure['kind'], message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

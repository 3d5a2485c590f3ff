import {
  type Transport,
  type UpstreamExchange,
  UpstreamFailure,
  type UpstreamReceiver,
  type UpstreamRequest,
  type UploadRequest,
} from '../../upstream/transport.ts'
import { MockExchange } from './exchange.ts'
import { replyTo } from './reply.ts'

export { mockModels } from './models.ts'

export interface MockTransportOptions {
  /** Unix time in milliseconds, for `created`. */
  now?: () => number
}

/** A provider in the process: speaks OpenAI's wire format through the same door as a real one. */
export function openMockTransport(options: MockTransportOptions = {}): Transport {
  const now = options.now ?? Date.now
  const open = new Set<MockExchange>()
  let serial = 0
  let closing: Promise<void> | undefined
  let onEmpty: (() => void) | undefined

  function onOver(exchange: MockExchange): void {
    open.delete(exchange)
    if (open.size === 0) onEmpty?.()
  }

  async function close(): Promise<void> {
    // A turn of the loop, so that what was just sent has begun and shows whether it hangs.
    await new Promise((resolve) => setImmediate(resolve))
    for (const exchange of open) exchange.failIfHanging()
    if (open.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve))
  }

  return {
    send(request, receiver) {
      if (closing) return refuse(receiver)
      const id = String(++serial).padStart(6, '0')
      const prepare = () => replyTo(withoutUpload(request), id, Math.floor(now() / 1000))
      const exchange = new MockExchange(receiver, prepare, onOver)
      open.add(exchange)
      return exchange
    },
    close: () => (closing ??= close()),
  }
}

function refuse(receiver: UpstreamReceiver): UpstreamExchange {
  const failure = new UpstreamFailure('connect', 'The mock provider is closed.')
  const immediate = setImmediate(() => receiver.onError(failure))
  return { pause() {}, resume() {}, cancel: () => clearImmediate(immediate) }
}

/** The mock takes no files: such a request is to it one without a body. */
const withoutUpload = (request: UpstreamRequest | UploadRequest): UpstreamRequest =>
  request.body === null || request.body instanceof Uint8Array
    ? (request as UpstreamRequest)
    : { ...request, body: null }

import { setTimeout as delay } from 'node:timers/promises'
import type { ModelListing } from '../providers/provider.ts'
import type { UpstreamReceiver } from '../upstream/transport.ts'
import type { Provider } from './target.ts'

/** What a listing is asked with: the provider's own connections and credential. */
export type Asked = Pick<Provider, 'basePath' | 'nextHeaders' | 'signer' | 'transport'>

const mostBytes = 4 * 1024 * 1024
const mostNames = 2_000
/** No space and no control character: names stand in headers, logs and terminals. */
const properName = /^[^\p{C}\p{Z}]{1,256}$/u

/**
 * The names of a provider's own listing, each once.
 * Rejects where there is no good answer within `deadlineMs` milliseconds; the reason is for nobody to see.
 */
export async function fetchListing(
  provider: Asked,
  { path, read }: ModelListing,
  deadlineMs: number,
): Promise<readonly string[]> {
  const { basePath } = provider
  const wholePath = typeof path === 'string' ? basePath + path : path(basePath)
  const bytes = await fetchBytes(provider, wholePath, deadlineMs)
  const names = read(JSON.parse(bytes.toString('utf8'))).filter((name) => properName.test(name))
  return [...new Set(names)].slice(0, mostNames)
}

async function fetchBytes(provider: Asked, path: string, deadlineMs: number): Promise<Buffer> {
  const endsAt = performance.now() + deadlineMs
  const plain = {
    method: 'GET' as const,
    path,
    headers: provider.nextHeaders(),
    body: null,
  }
  const request = provider.signer ? await within(provider.signer.sign(plain), deadlineMs) : plain
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => giveUp('too slow'), Math.max(0, endsAt - performance.now()))
    // Nothing keeps running for the sake of a listing.
    timer.unref()
    const giveUp = (reason: string): void => {
      clearTimeout(timer)
      reject(new Error(reason))
      // A transport may answer before it has handed the exchange over.
      queueMicrotask(() => exchange.cancel())
    }
    const receiver: UpstreamReceiver = {
      onHead(status) {
        if (status !== 200) giveUp(`status ${status}`)
      },
      onData(chunk) {
        length += chunk.length
        if (length > mostBytes) giveUp('too long')
        else chunks.push(chunk)
      },
      onEnd() {
        clearTimeout(timer)
        resolve(Buffer.concat(chunks))
      },
      onError(failure) {
        clearTimeout(timer)
        reject(failure)
      },
    }
    const exchange = provider.transport.send(request, receiver)
  })
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const tooLate = delay(ms, undefined, { ref: false }).then(() => {
    throw new Error('too slow')
  })
  return Promise.race([promise, tooLate])
}

import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'

type Source = string | ArrayBuffer | ArrayBufferView

/** SHA-256, or its HMAC where a secret is given, by Node's own code: bodies of several megabytes are hashed. */
export class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: Source) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: Source): void {
    this.#hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
}

function bytesOf(source: Source): Uint8Array {
  if (typeof source === 'string') return Buffer.from(source)
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}

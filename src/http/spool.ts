import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A body up to this size stays in memory; a larger one is written in pieces of it. */
export const spoolBytes = 1024 * 1024
const readBytes = 64 * 1024
const smallestHold = 64 * 1024

/**
 * Keeps bytes until they are discarded: a few in memory, more in a temporary file, from which they can be read as
 * often as needed. The file is for the gateway's own user alone and has no name once it is open, so that it vanishes
 * with the process, however that ends.
 */
export class Spool {
  length = 0
  #held = Buffer.alloc(0)
  #heldLength = 0
  #file: FileHandle | undefined
  #isDiscarded = false

  /** Resolves when it takes more. @throws Error of the file system: no space, no right to write */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#heldLength + chunk.length > spoolBytes) await this.#flush()
    // A copy: chunks are views of larger buffers, and may be of single bytes.
    this.#hold(chunk)
    this.length += chunk.length
  }

  /** All has been written. */
  async finish(): Promise<void> {
    if (this.#file) await this.#flush()
  }

  /** After `finish`. @throws Error when it was discarded */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      if (this.#isDiscarded) throw new Error('the body is kept no longer')
      const length = Math.min(readBytes, end - at)
      const piece = this.#file ? await readAt(this.#file, at, length) : this.#held.subarray(at, at + length)
      at += piece.length
      yield piece
    }
  }

  /** Whatever state it is in. */
  discard(): void {
    this.#isDiscarded = true
    this.#held = Buffer.alloc(0)
    this.#heldLength = 0
    const file = this.#file
    this.#file = undefined
    // It waits for what is being read; nobody is left to hear of a failure.
    file?.close().catch(ignore)
  }

  #hold(chunk: Uint8Array): void {
    const length = this.#heldLength + chunk.length
    if (length > this.#held.length) {
      // Not from Node's pool: it lives as long as the call.
      const grown = Buffer.allocUnsafeSlow(Math.max(smallestHold, length, this.#held.length * 2))
      this.#held.copy(grown, 0, 0, this.#heldLength)
      this.#held = grown
    }
    this.#held.set(chunk, this.#heldLength)
    this.#heldLength = length
  }

  async #flush(): Promise<void> {
    this.#file ??= await openNameless()
    const { buffer, byteOffset } = this.#held
    const bytes = new Uint8Array(buffer, byteOffset, this.#heldLength)
    for (let at = 0; at < bytes.length;) at += (await this.#file.write(bytes, at)).bytesWritten
    this.#heldLength = 0
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `llm-gateway-upload-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, position)
  if (bytesRead === 0) throw new Error('the body is shorter than it was')
  return buffer.subarray(0, bytesRead)
}

function ignore(): void {}

/**
 * Log lines on their way to a file or a descriptor: collected as bytes, written in batches off the serving
 * thread, in order, whole lines only.
 *
 * Own rather than `pino.destination`: that one measures its last buffer again for every line, which costs
 * 1.4 µs for a line of 400 characters, against 0.15 µs here.
 */
import { closeSync, openSync, write, writeSync } from 'node:fs'

/** Where finished lines go; each ends in a line feed. */
export interface LineSink {
  write(line: string): void
  /** Writes all that is waiting before it returns; for the end of the process. */
  flushSync(): void
}

export interface LineWriterOptions {
  /** A file descriptor, or the path of a file to append to. */
  destination: number | string
  /** The longest a line waits. */
  flushAfterMs?: number
  /** Bytes that may wait while the destination is stuck; lines beyond are dropped and counted. */
  maximumPendingBytes?: number
  /** The line that says how many were dropped, written once there is room again. */
  droppedLine?: (count: number) => string
}

/** Bytes to write; `chunk` is the memory they stand in, where it can be used again. */
interface Batch {
  rest: Buffer
  chunk?: Buffer
}

const chunkBytes = 131_072
const batchBytes = 98_304
const busyRetryMs = 20
const failedRetryMs = 1_000

/** @throws Error where the file cannot be opened. */
export function openLineWriter(options: LineWriterOptions): LineWriter {
  const { destination } = options
  return new LineWriter(typeof destination === 'number' ? destination : openFile(destination), options)
}

function openFile(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    throw new Error(`The log file ${path} cannot be opened for appending: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

export class LineWriter implements LineSink {
  /** The chunk that lines are put into, and how much of it is taken. */
  private chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes)
  private used = 0
  /** What waits besides, oldest first. */
  private queue: Batch[] = []
  private queuedBytes = 0
  /** What `write(2)` has not taken yet, of the batch under way. */
  private batch: Batch | undefined
  /** A chunk to use again. */
  private spare: Buffer | undefined
  private timer: NodeJS.Timeout | undefined
  private dropped = 0
  private failing = false
  private closed = false
  private idleWaiters: (() => void)[] = []
  private readonly fd: number
  private readonly ownsFd: boolean
  private readonly flushAfterMs: number
  private readonly maximumPendingBytes: number
  private readonly droppedLine: ((count: number) => string) | undefined
  private readonly onExit = () => this.flushSync()
  private readonly onTimer = () => {
    this.timer = undefined
    this.send()
  }

  constructor(fd: number, options: LineWriterOptions) {
    this.fd = fd
    this.ownsFd = typeof options.destination === 'string'
    this.flushAfterMs = options.flushAfterMs ?? 100
    this.maximumPendingBytes = options.maximumPendingBytes ?? 16 * 1024 * 1024
    this.droppedLine = options.droppedLine
    process.on('exit', this.onExit)
  }

  write(line: string): void {
    if (this.closed) return writeLate(this.ownsFd ? 2 : this.fd, line)
    // A UTF-16 unit becomes three bytes at most.
    if (line.length * 3 > chunkBytes - this.used && !this.makeRoom(line)) return
    this.used += this.chunk.write(line, this.used)
    if (this.used >= batchBytes) this.send()
    else this.timer ??= setTimeout(this.onTimer, this.flushAfterMs).unref()
  }

  flushSync(): void {
    this.putDroppedLine()
    // The batch under way is with the thread pool, which finishes it; sending it again would double it.
    try {
      for (const { rest } of this.takeAll()) writeWhole(this.fd, rest)
    } catch (error) {
      this.complain(error as NodeJS.ErrnoException)
    }
  }

  /** Resolves when every line is written and the file is closed. Later lines go straight out, to stderr for files. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.putDroppedLine()
    this.send()
    while (this.batch !== undefined) await new Promise<void>((resolve) => this.idleWaiters.push(resolve))
    clearTimeout(this.timer)
    process.off('exit', this.onExit)
    if (this.ownsFd) closeSync(this.fd)
  }

  /** False where the line was dropped, or queued whole because it is larger than a chunk. */
  private makeRoom(line: string): boolean {
    if (this.queuedBytes + this.used + line.length > this.maximumPendingBytes) {
      this.dropped++
      return false
    }
    this.seal()
    if (line.length * 3 <= chunkBytes) return true
    this.enqueue({ rest: Buffer.from(line) })
    this.send()
    return false
  }

  private seal(): void {
    if (this.used === 0) return
    this.enqueue({ rest: this.chunk.subarray(0, this.used), chunk: this.chunk })
    this.chunk = this.spare ?? Buffer.allocUnsafeSlow(chunkBytes)
    this.spare = undefined
    this.used = 0
  }

  private enqueue(batch: Batch): void {
    this.queue.push(batch)
    this.queuedBytes += batch.rest.length
  }

  private takeAll(): Batch[] {
    this.seal()
    this.queuedBytes = 0
    return this.queue.splice(0)
  }

  private send(): void {
    if (this.batch !== undefined) return
    if (this.queue.length === 0) this.seal()
    this.batch = this.queue.shift()
    if (this.batch === undefined) return
    this.queuedBytes -= this.batch.rest.length
    this.writeBatch()
  }

  private readonly writeBatch = (): void => {
    write(this.fd, this.batch!.rest, this.onWritten)
  }

  private readonly onWritten = (error: NodeJS.ErrnoException | null, written: number): void => {
    if (error !== null) return this.onFailed(error)
    this.failing = false
    const batch = this.batch!
    batch.rest = batch.rest.subarray(written)
    if (batch.rest.length > 0) return this.writeBatch()
    this.spare = batch.chunk
    this.onBatchDone()
  }

  private onFailed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EAGAIN') {
      setTimeout(this.writeBatch, busyRetryMs)
      return
    }
    this.complain(error)
    // Nobody will ever read a broken pipe, and a process that is closing does not wait for a full disk.
    if (error.code === 'EPIPE' || this.closed) return this.onBatchDone()
    setTimeout(this.writeBatch, failedRetryMs).unref()
  }

  private onBatchDone(): void {
    this.batch = undefined
    this.putDroppedLine()
    if (this.closed || this.queue.length > 0 || this.used >= batchBytes) this.send()
    if (this.batch === undefined) for (const resume of this.idleWaiters.splice(0)) resume()
  }

  private putDroppedLine(): void {
    if (this.dropped === 0) return
    const line = this.droppedLine?.(this.dropped)
    this.dropped = 0
    if (line === undefined) return
    this.seal()
    this.enqueue({ rest: Buffer.from(line) })
  }

  /** Once per failure that lasts. */
  private complain(error: NodeJS.ErrnoException): void {
    if (this.failing) return
    this.failing = true
    if (this.fd !== 2) writeLate(2, `The log cannot be written: ${error.code ?? error.message}\n`)
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(writeWhenReady(fd, rest))
}

/** Bytes taken; waits while a pipe is full, for there is no event loop to come back on. */
function writeWhenReady(fd: number, bytes: Buffer): number {
  for (let tries = 0; ; tries++) {
    try {
      return writeSync(fd, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || tries === 100) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyRetryMs)
    }
  }
}

function writeLate(fd: number, line: string): void {
  try {
    writeSync(fd, line)
  } catch {
    // The last place to say anything is gone too.
  }
}

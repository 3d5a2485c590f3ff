import { GatewayError } from '../errors.ts'
import { FrameTooLarge } from '../framing/frame.ts'
import { formatEvents } from '../framing/sse.ts'
import { pathOf } from '../providers/provider.ts'
import {
  UpstreamFailure,
  type UpstreamExchange,
  type UpstreamReceiver,
  type UpstreamRequest,
} from '../upstream/transport.ts'
import { noInput, type Answer, type Call, type StreamAnswer, type StreamSink } from './call.ts'
import { maxEventBytes, type Conversion, type StreamConversion } from './conversion.ts'
import { streamError } from './stream-error.ts'
import type { Target } from './target.ts'
import { first, fromFailure, fromWireError, readRetryAfter } from './upstream-error.ts'

/** Cap on a whole JSON answer, in bytes. */
const maxAnswerBytes = 64 * 1024 * 1024
/** An error body is hostile ground: cut before anything looks at it. */
const maxErrorBytes = 8 * 1024
/** How long an error's body may take after its head, milliseconds; what has come by then must do. */
const errorBodyMs = 5_000
/** How long a connection may take to end after the stream's end marker before it is destroyed, milliseconds. */
const lingerMs = 1_000

/** `kind` label of `gateway_provider_errors_total`. */
export type FailureKind = UpstreamFailure['kind'] | 'status'

export interface AttemptObserver {
  /** What comes back is given to `attemptEnded` again; its `traceparent` goes to the provider. */
  attemptStarted(call: Call, target: Target): AttemptTrace | undefined
  /** Once per attempt: when its JSON answer is complete, when its stream has ended, or when it failed. */
  attemptEnded(target: Target, outcome: AttemptOutcome, trace: AttemptTrace | undefined): void
}

/** An attempt that is traced. */
export interface AttemptTrace {
  readonly traceparent: string
}

export interface AttemptOutcome {
  durationMs: number
  /** `undefined` where it answered, or where the caller hung up. */
  failure: { kind: FailureKind; error: GatewayError } | undefined
}

/**
 * One try on one target. Resolves with a complete JSON answer, or with a stream whose first event has arrived; until
 * then every failure rejects, and another target may be tried. After that it is the stream's own life.
 *
 * A single object receives from the provider, answers to the caller and keeps the deadlines, because it is made for
 * every request.
 */
export class Attempt implements UpstreamReceiver, StreamAnswer {
  readonly kind = 'stream'
  readonly #call: Call
  readonly #target: Target
  /** Let go with the call's input once a stream has begun: both hold the prompt. */
  #conversion: Conversion | undefined
  readonly #observer: AttemptObserver
  readonly #startedAt = performance.now()
  #phase: 'head' | 'json' | 'error' | 'events' | 'flowing' | 'lingering' | 'over' = 'head'
  #resolve!: (answer: Answer) => void
  #reject!: (error: GatewayError) => void
  #exchange: UpstreamExchange | undefined
  #trace: AttemptTrace | undefined
  #timer: NodeJS.Timeout | undefined

  #status = 0
  #retryAfterMs: number | undefined
  #chunks: Buffer[] = []
  #received = 0

  #stream!: StreamConversion
  #sink: StreamSink | undefined
  #beforeSink: (Buffer | string)[] = []
  #endsWithSink = false
  #pausedAt: number | undefined
  #lastLifeAt = 0
  #lifeSignsSeen = 0

  private constructor(call: Call, target: Target, conversion: Conversion, observer: AttemptObserver) {
    this.#call = call
    this.#target = target
    this.#conversion = conversion
    this.#observer = observer
  }

  /** @throws GatewayError `client_closed` when the caller hangs up first; others say what the target did. */
  static run(call: Call, target: Target, conversion: Conversion, observer: AttemptObserver): Promise<Answer> {
    const attempt = new Attempt(call, target, conversion, observer)
    return new Promise((resolve, reject) => {
      attempt.#resolve = resolve
      attempt.#reject = reject
      attempt.#send(conversion)
    })
  }

  #send(conversion: Conversion): void {
    const { signer } = this.#target.provider
    this.#trace = this.#observer.attemptStarted(this.#call, this.#target)
    this.#call.hangUp.tell(this)
    this.#armTimer(this.#startedAt)
    const request: UpstreamRequest = {
      method: 'POST',
      path: addressOf(this.#call, this.#target, conversion),
      headers: this.#headers(conversion.relayed),
      body: conversion.body,
    }
    if (!signer) return this.#dispatch(request)
    signer.sign(request).then(
      (signed) => this.#dispatch(signed),
      (error: unknown) => this.onError(asUpstreamFailure(error)),
    )
  }

  #dispatch(request: UpstreamRequest): void {
    // A signature may take a while: the caller may have left, or the time run out.
    if (this.#phase !== 'head') return
    this.#exchange = this.#target.provider.transport.send(request, this)
  }

  #headers(relayed: boolean): string[] {
    const headers = headersOf(this.#call, this.#target, relayed)
    return this.#trace ? [...headers, 'traceparent', this.#trace.traceparent] : headers
  }

  // --- what the provider sends

  onHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    const { record, stream } = this.#call
    record.upstreamRequestId = first(headers[this.#target.provider.facts.requestIdHeader])
    if (status < 200 || status > 299) {
      this.#status = status
      this.#retryAfterMs = readRetryAfter(headers, Date.now())
      this.#phase = 'error'
      this.#lastLifeAt = performance.now()
      this.#armTimer(this.#lastLifeAt)
      return
    }
    const encoding = first(headers['content-encoding'])
    if (encoding && encoding !== 'identity')
      return this.#failProtocol('a content-encoding that was not asked for')
    const { streamType } = this.#conversion as Conversion
    const isStream = first(headers['content-type'])?.startsWith(streamType) ?? false
    if (isStream !== stream) return this.#failProtocol(stream ? 'no event stream' : 'an event stream')
    if (!stream) {
      this.#phase = 'json'
      return
    }
    this.#phase = 'events'
    this.#stream = (this.#conversion as Conversion).openStream()
  }

  onData(chunk: Buffer): void {
    switch (this.#phase) {
      case 'json':
        return this.#collect(chunk, maxAnswerBytes)
      case 'error':
        return this.#collect(chunk, maxErrorBytes)
      case 'events':
      case 'flowing':
        return this.#convert(chunk)
      case 'head':
      case 'lingering':
      case 'over':
    }
  }

  onEnd(): void {
    switch (this.#phase) {
      case 'json':
        return this.#answerJson()
      case 'error':
        return this.#failStatus()
      case 'events':
      case 'flowing':
        return this.#closeStream()
      case 'head':
        return this.#failProtocol('no answer')
      case 'lingering':
        return this.#over()
      case 'over':
    }
  }

  onError(failure: UpstreamFailure): void {
    if (this.#phase === 'lingering') this.#over()
    else if (this.#phase !== 'over') this.#fail(fromFailure(failure, this.#target), failure.kind)
  }

  // --- a JSON answer, or an error's body

  #collect(chunk: Buffer, limit: number): void {
    this.#received += chunk.length
    this.#chunks.push(chunk)
    if (this.#received <= limit) return
    if (this.#phase === 'error') this.#failStatus()
    else this.#failProtocol(`an answer larger than ${limit} bytes`)
  }

  #body(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
  }

  #answerJson(): void {
    const { record } = this.#call
    try {
      const { body, bytes, usage, model } = (this.#conversion as Conversion).readJson(this.#body())
      record.usage = usage
      record.model = model ?? record.model
      this.#settle(undefined)
      this.#resolve({ kind: 'json', body, bytes })
    } catch (error) {
      this.#failProtocol('an answer that could not be read', error)
    }
  }

  #failStatus(): void {
    const text = this.#body().toString('utf8', 0, maxErrorBytes)
    const { dialect } = (this.#conversion as Conversion).serving
    const wire = dialect.decodeError(this.#status, parsedOrText(text))
    this.#fail(fromWireError(wire, this.#target, this.#retryAfterMs), 'status')
  }

  // --- a stream

  #convert(chunk: Buffer): void {
    try {
      if (this.#phase === 'events') this.#boundPrelude(chunk.length)
      this.#deliver(this.#stream.push(chunk))
    } catch (error) {
      this.#failProtocol(
        error instanceof FrameTooLarge ? error.message : 'an event that could not be read',
        error,
      )
    }
  }

  /** Comments are no life, but they are kept for the caller until the stream begins. */
  #boundPrelude(bytes: number): void {
    this.#received += bytes
    if (this.#received > maxEventBytes) throw new FrameTooLarge(maxEventBytes)
  }

  #closeStream(): void {
    try {
      this.#deliver(this.#stream.close())
    } catch (error) {
      return this.#failProtocol('an event that could not be read', error)
    }
    if (this.#phase === 'lingering') this.#over()
    // Cut off in the middle: that must never look like an end.
    else if (this.#phase !== 'over') this.#failProtocol('a stream that stopped before its end')
  }

  #deliver(bytes: Buffer | string | undefined): void {
    if (this.#phase !== 'events' && this.#phase !== 'flowing') return
    if (this.#stream.lifeSigns > 0) this.#noteLife()
    if (bytes !== undefined) this.#write(bytes)
    if (this.#stream.error) return this.#fail(fromWireError(this.#stream.error, this.#target), 'status')
    if (this.#stream.ended) this.#endStream()
  }

  #noteLife(): void {
    if (this.#stream.lifeSigns === this.#lifeSignsSeen) return
    this.#lifeSignsSeen = this.#stream.lifeSigns
    this.#lastLifeAt = performance.now()
    if (this.#phase !== 'events' || this.#stream.error) return
    this.#phase = 'flowing'
    this.#call.record.upstreamMs += this.#lastLifeAt - this.#startedAt
    this.#armTimer(this.#lastLifeAt)
    this.#call.input = noInput
    this.#conversion = undefined
    this.#resolve(this)
  }

  #write(bytes: Buffer | string): void {
    if (!this.#sink) this.#beforeSink.push(bytes)
    else if (!this.#sink.write(bytes)) this.#pause()
  }

  #pause(): void {
    this.#pausedAt ??= performance.now()
    this.#exchange?.pause()
  }

  /** The caller has everything; the connection gets a moment to end by itself, so that it can be used again. */
  #endStream(): void {
    this.#settle(undefined)
    this.#phase = 'lingering'
    this.drained()
    this.#timer = setTimeout(onLingerEnd, lingerMs, this)
    this.#endSink()
  }

  #endSink(): void {
    if (this.#sink) this.#sink.end()
    else this.#endsWithSink = true
  }

  // --- what the caller does

  start(sink: StreamSink): void {
    this.#sink = sink
    for (const bytes of this.#beforeSink) if (!sink.write(bytes) && this.#phase === 'flowing') this.#pause()
    this.#beforeSink = []
    if (this.#endsWithSink) sink.end()
  }

  drained(): void {
    if (this.#pausedAt === undefined) return
    const now = performance.now()
    // While it was paused, the idle deadline did not count; to start it anew would let comments keep a stream alive.
    this.#lastLifeAt += now - Math.max(this.#pausedAt, this.#lastLifeAt)
    this.#pausedAt = undefined
    if (this.#phase === 'flowing') this.#armTimer(now)
    this.#exchange?.resume()
  }

  cancel(): void {
    if (this.#phase === 'over') return
    if (this.#phase !== 'lingering') this.#settle(undefined)
    this.#over()
    this.#exchange?.cancel()
    this.#reject(new GatewayError('client_closed'))
  }

  // --- the end, one way or another

  #failProtocol(found: string, cause?: unknown): void {
    const failure = new UpstreamFailure('protocol', `The provider sent ${found}.`, cause)
    this.#fail(fromFailure(failure, this.#target), 'protocol')
  }

  #fail(error: GatewayError, kind: FailureKind): void {
    const flowing = this.#phase === 'flowing'
    this.#settle({ kind, error })
    this.#over()
    // A transport may fail before `send` has returned.
    this.#exchange?.cancel()
    if (!flowing) return this.#reject(error)
    this.#call.record.errorCode = error.code
    this.#write(formatEvents(streamError(this.#call, error)))
    this.#endSink()
  }

  /** Notes what this attempt came to; exactly once. */
  #settle(failure: AttemptOutcome['failure']): void {
    const { record } = this.#call
    const durationMs = performance.now() - this.#startedAt
    // A stream that flows has counted its wait for the first event already.
    if (this.#lifeSignsSeen === 0) record.upstreamMs += durationMs
    if (this.#stream) {
      record.usage = this.#stream.usage ?? record.usage
      record.model = this.#stream.model ?? record.model
    }
    this.#observer.attemptEnded(this.#target, { failure, durationMs }, this.#trace)
    clearTimeout(this.#timer)
    this.#call.hangUp.tell(undefined)
    if (this.#phase === 'json') this.#phase = 'over'
  }

  #over(): void {
    this.#phase = 'over'
    clearTimeout(this.#timer)
  }

  // --- deadlines: one timer, set for whichever comes first

  /** @internal for the timer */
  tick(): void {
    const now = performance.now()
    if (now < this.#nextDeadline()) return this.#armTimer(now)
    if (this.#phase === 'error') return this.#failStatus()
    const failure = new UpstreamFailure('timeout', 'The provider took too long.')
    this.#fail(fromFailure(failure, this.#target), 'timeout')
  }

  #armTimer(now: number): void {
    clearTimeout(this.#timer)
    // Rounded up: a timer that fires a fraction early would only be set again.
    this.#timer = setTimeout(onTick, Math.max(1, Math.ceil(this.#nextDeadline() - now)), this)
  }

  #nextDeadline(): number {
    const { deadlines } = this.#target.provider
    const { stream, timeoutMs, record } = this.#call
    let due = this.#startedAt + (stream ? deadlines.streamingMs : deadlines.requestMs)
    if (timeoutMs !== undefined) due = Math.min(due, record.startedAt + timeoutMs)
    const firstByteMs = stream ? deadlines.streamFirstByteMs : deadlines.jsonFirstByteMs
    if (this.#phase === 'head' || this.#phase === 'events') {
      if (firstByteMs !== undefined) due = Math.min(due, this.#startedAt + firstByteMs)
    } else if (this.#phase === 'error') {
      due = Math.min(due, this.#lastLifeAt + errorBodyMs)
    } else if (this.#phase === 'flowing' && this.#pausedAt === undefined) {
      due = Math.min(due, this.#lastLifeAt + deadlines.idleMs)
    }
    return due
  }
}

function onTick(attempt: Attempt): void {
  attempt.tick()
}

function onLingerEnd(attempt: Attempt): void {
  attempt.cancel()
}

function addressOf(call: Call, { provider, model }: Target, { serving, relayed }: Conversion): string {
  const { basePath, settings } = provider
  const path = pathOf(serving, { basePath, model, stream: call.stream, settings })
  if (!relayed || call.query === '') return path
  return path.includes('?') ? `${path}&${call.query.slice(1)}` : path + call.query
}

function headersOf(call: Call, target: Target, relayed: boolean): string[] {
  const prepared = target.provider.nextHeaders()
  if (!relayed) return prepared
  const passed = call.passedHeaders
  let headers: string[] | undefined
  for (const name in passed) {
    headers ??= prepared.slice()
    const at = headers.indexOf(name)
    if (at < 0) headers.push(name, passed[name] as string)
    else headers[at + 1] = passed[name] as string
  }
  return headers ?? prepared
}

const asUpstreamFailure = (error: unknown): UpstreamFailure =>
  error instanceof UpstreamFailure
    ? error
    : new UpstreamFailure('connect', 'The request could not be signed.', error)

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

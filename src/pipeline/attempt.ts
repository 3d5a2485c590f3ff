import { GatewayError } from '../errors.ts'
import { FrameTooLarge } from '../framing/frame.ts'
import { formatEvents } from '../framing/sse.ts'
import {
  UpstreamFailure,
  type UploadRequest,
  type UpstreamExchange,
  type UpstreamReceiver,
  type UpstreamRequest,
} from '../upstream/transport.ts'
import { noInput, type Answer, type Call, type StreamAnswer, type StreamSink } from './call.ts'
import { CollectedBody } from './collected-body.ts'
import { maxEventBytes, type Conversion, type StreamConversion } from './conversion.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { Outlet } from './outlet.ts'
import { streamError } from './stream-error.ts'
import type { Target } from './target.ts'
import { first, fromFailure, fromWireError, readRetryAfter } from './upstream-error.ts'
import { isUpload, upstreamRequest } from './upstream-request.ts'

/** Cap on a whole JSON answer, in bytes. */
const maxAnswerBytes = 64 * 1024 * 1024
/** An error body is hostile ground: cut before anything looks at it. */
const maxErrorBytes = 8 * 1024
const eventStreamType = 'text/event-stream; charset=utf-8'

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

/** Headers of a provider's answer, names in lower case. */
type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * One try on one target. Resolves with a complete JSON answer, or with a stream whose first event has arrived; until
 * then every failure rejects, and another target may be tried. After that it is the stream's own life.
 *
 * A single object receives from the provider and answers to the caller, because it is made for every request.
 */
export class Attempt implements UpstreamReceiver, StreamAnswer {
  readonly kind = 'stream'
  contentType = eventStreamType
  contentLength: string | undefined
  readonly #call: Call
  readonly #target: Target
  /** Let go with the call's input once a stream has begun: both hold the prompt. */
  #conversion: Conversion | undefined
  readonly #observer: AttemptObserver
  readonly #timer: DeadlineTimer
  #phase: 'head' | 'json' | 'error' | 'events' | 'flowing' | 'lingering' | 'over' = 'head'
  #resolve!: (answer: Answer) => void
  #reject!: (error: GatewayError) => void
  #exchange: UpstreamExchange | undefined
  #trace: AttemptTrace | undefined

  /** Of an error. */
  #status = 0
  #retryAfterMs: number | undefined
  /** Of an error or of a JSON answer. */
  #body!: CollectedBody

  #stream!: StreamConversion
  #outlet!: Outlet
  #preludeBytes = 0
  #lifeSignsSeen = 0

  private constructor(call: Call, target: Target, conversion: Conversion, observer: AttemptObserver) {
    this.#call = call
    this.#target = target
    this.#conversion = conversion
    this.#observer = observer
    this.#timer = new DeadlineTimer(call, target.provider.deadlines, this)
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
    this.#timer.await('answer', this.#timer.startedAt)
    const request = upstreamRequest(this.#call, this.#target, conversion, this.#trace?.traceparent)
    if (!signer) return this.#dispatch(request)
    // What is sent as it is made cannot be part of a signature.
    const upload = isUpload(request) ? request : undefined
    signer.sign(upload ? { ...upload, body: null } : (request as UpstreamRequest)).then(
      (signed) => this.#dispatch(upload ? { ...signed, body: upload.body } : signed),
      (error: unknown) => this.onError(asUpstreamFailure(error)),
    )
  }

  #dispatch(request: UpstreamRequest | UploadRequest): void {
    // A signature may take a while: the caller may have left, or the time run out.
    if (this.#phase !== 'head') return
    this.#exchange = this.#target.provider.transport.send(request, this)
  }

  // --- what the provider sends

  onHead(status: number, headers: Headers): void {
    const { record, stream } = this.#call
    record.upstreamRequestId = first(headers[this.#target.provider.facts.requestIdHeader])
    if (status < 200 || status > 299) return this.#beginError(status, headers)
    const encoding = first(headers['content-encoding'])
    if (encoding && encoding !== 'identity')
      return this.#failProtocol('a content-encoding that was not asked for')
    const conversion = this.#conversion as Conversion
    const contentType = first(headers['content-type'])
    if (conversion.openForm) return this.#beginForm(conversion, contentType, headers)
    const isStream = contentType?.startsWith(conversion.streamType) ?? false
    if (isStream !== stream) return this.#failProtocol(stream ? 'no event stream' : 'an event stream')
    if (stream) this.#beginStream(conversion.openStream())
    else this.#beginJson()
  }

  onData(chunk: Buffer): void {
    switch (this.#phase) {
      case 'json':
        if (!this.#body.add(chunk)) this.#failProtocol(`an answer larger than ${maxAnswerBytes} bytes`)
        return
      case 'error':
        if (!this.#body.add(chunk)) this.#failStatus()
        return
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

  // --- an answer in one of its forms, or an error

  #beginError(status: number, headers: Headers): void {
    this.#status = status
    this.#retryAfterMs = readRetryAfter(headers, Date.now())
    this.#phase = 'error'
    this.#body = new CollectedBody(maxErrorBytes)
    this.#timer.await('error_body')
  }

  #beginForm(conversion: Conversion, contentType: string | undefined, headers: Headers): void {
    let stream: StreamConversion | undefined
    try {
      stream = conversion.openForm?.(contentType)
    } catch (error) {
      return this.#failProtocol('an answer in a form that it cannot have', error)
    }
    this.#call.record.stream = stream !== undefined
    if (!stream) return this.#beginJson()
    this.contentType = contentType ?? 'application/octet-stream'
    if (stream.isOpaque) this.contentLength = first(headers['content-length'])
    this.#beginStream(stream)
  }

  #beginJson(): void {
    this.#phase = 'json'
    this.#body = new CollectedBody(maxAnswerBytes)
    this.#timer.awaitRest()
  }

  #beginStream(stream: StreamConversion): void {
    this.#phase = 'events'
    this.#stream = stream
    this.#outlet = new Outlet()
  }

  #answerJson(): void {
    const { record } = this.#call
    try {
      const { body, bytes, usage, model } = (this.#conversion as Conversion).readJson(this.#body.bytes())
      record.usage = usage
      record.model = model ?? record.model
      this.#settle(undefined)
      this.#resolve({ kind: 'json', body, bytes })
    } catch (error) {
      this.#failProtocol('an answer that could not be read', error)
    }
  }

  #failStatus(): void {
    const { dialect } = (this.#conversion as Conversion).serving
    const wire = dialect.decodeError(this.#status, parsedOrText(this.#body.text()))
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
    this.#preludeBytes += bytes
    if (this.#preludeBytes > maxEventBytes) throw new FrameTooLarge(maxEventBytes)
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
    if (bytes !== undefined && !this.#outlet.write(bytes)) this.#pause()
    if (this.#stream.error) return this.#fail(fromWireError(this.#stream.error, this.#target), 'status')
    if (this.#stream.ended) this.#endStream()
  }

  #noteLife(): void {
    if (this.#stream.lifeSigns === this.#lifeSignsSeen) return
    this.#lifeSignsSeen = this.#stream.lifeSigns
    const now = this.#timer.noteLife()
    if (this.#phase !== 'events' || this.#stream.error) return
    this.#phase = 'flowing'
    this.#call.record.upstreamMs += now - this.#timer.startedAt
    this.#timer.await('event', now)
    this.#call.input = noInput
    this.#conversion = undefined
    this.#resolve(this)
  }

  #pause(): void {
    this.#timer.pause()
    this.#exchange?.pause()
  }

  /** The caller has everything; the connection gets a moment to end by itself, so that it can be used again. */
  #endStream(): void {
    this.#settle(undefined)
    this.#phase = 'lingering'
    this.drained()
    this.#timer.await('close')
    this.#outlet.end()
  }

  // --- what the caller does

  start(sink: StreamSink): void {
    if (!this.#outlet.open(sink) && this.#phase === 'flowing') this.#pause()
  }

  drained(): void {
    if (!this.#timer.isPaused) return
    this.#timer.resume()
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

  /** @internal for the timer */
  timeIsUp(): void {
    if (this.#phase === 'lingering') return this.cancel()
    if (this.#phase === 'error') return this.#failStatus()
    const failure = new UpstreamFailure('timeout', 'The provider took too long.')
    this.#fail(fromFailure(failure, this.#target), 'timeout')
  }

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
    if (this.#stream.isOpaque) return this.#outlet.abort()
    this.#outlet.write(formatEvents(streamError(this.#call, error, this.#stream.sent ?? 0)))
    this.#outlet.end()
  }

  /** Notes what this attempt came to; exactly once. */
  #settle(failure: AttemptOutcome['failure']): void {
    const { record } = this.#call
    const durationMs = performance.now() - this.#timer.startedAt
    // A stream that flows has counted its wait for the first event already.
    if (this.#lifeSignsSeen === 0) record.upstreamMs += durationMs
    if (this.#stream) {
      record.usage = this.#stream.usage ?? record.usage
      record.model = this.#stream.model ?? record.model
    }
    this.#observer.attemptEnded(this.#target, { failure, durationMs }, this.#trace)
    this.#timer.stop()
    this.#call.hangUp.tell(undefined)
    if (this.#phase === 'json') this.#phase = 'over'
  }

  #over(): void {
    this.#phase = 'over'
    this.#timer.stop()
  }
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

import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { asGatewayError, GatewayError } from '../../errors.ts'
import { noInput, type Call, type CallInput, type Principal } from '../../pipeline/call.ts'
import { endpoints, type Endpoint } from '../../pipeline/endpoints.ts'
import { readEnvelope, readUploadEnvelope } from '../../pipeline/envelope.ts'
import { serve, type PipelineObserver } from '../../pipeline/pipeline.ts'
import type { Reply, Request } from '../context.ts'
import { readBody } from '../read-body.ts'
import { readUpload } from '../read-upload.ts'
import { writeError } from '../reply-with-error.ts'
import { Spool } from '../spool.ts'
import { writeAnswer } from '../write-answer.ts'

export interface InferenceOptions {
  observer: PipelineObserver
  report: (error: GatewayError, request: Request) => void
}

/** Every route that takes work: the endpoints of the table, with `/v1` and without. */
export function inferenceRoutes(app: FastifyInstance, options: InferenceOptions): void {
  for (const endpoint of endpoints) {
    const { dialect, takes } = endpoint
    const config: FastifyContextConfig =
      takes === 'upload' ? { caller: 'tenant', dialect } : { caller: 'tenant', dialect, takesJson: true }
    // After the hooks the route takes over: Fastify's way of reading a body and its promises would cost a tenth of
    // the whole hop, and the answer goes straight to the socket anyway.
    const onRequest = (request: Request, reply: Reply): void => {
      reply.hijack()
      if (takes === 'upload') return void answerUpload(request, reply, endpoint, options)
      readBody(request.raw, request.runtime.maxBodyBytes, (error, body) => {
        if (error) writeError(error, request, reply)
        else answer(request, reply, body, endpoint, options)
      })
    }
    for (const path of [endpoint.path, endpoint.path.replace('/v1', '')]) {
      app.post(path, { config, onRequest }, neverReached)
    }
  }
}

function neverReached(): never {
  throw new Error('the route has taken over')
}

function answer(
  request: Request,
  reply: Reply,
  rawBody: Buffer,
  endpoint: Endpoint,
  options: InferenceOptions,
): void {
  try {
    const { body, bytes, model, stream } = readEnvelope(rawBody, endpoint, request.runtime.inputLimits)
    answerCall(
      request,
      reply,
      callOf(request, endpoint, { raw: rawBody, bytes, body }, model, stream),
      options,
    )
  } catch (error) {
    fail(error, request, reply, options)
  }
}

async function answerUpload(
  request: Request,
  reply: Reply,
  endpoint: Endpoint,
  options: InferenceOptions,
): Promise<void> {
  const spool = new Spool()
  // The last of all, however the request ends.
  reply.raw.on('close', () => spool.discard())
  try {
    const read = await readUpload(request.raw, request.runtime.maxBodyBytes, spool)
    // The caller left: the connection is gone, and `close` of the response tells the rest.
    if (!read) return
    const { model, stream } = readUploadEnvelope(read.fields)
    const input = { ...noInput, upload: read.upload }
    answerCall(request, reply, callOf(request, endpoint, input, model, stream), options)
  } catch (error) {
    fail(error, request, reply, options)
  }
}

/** @throws GatewayError at once for what is refused before any cost */
function answerCall(request: Request, reply: Reply, call: Call, options: InferenceOptions): void {
  serve(call, request.runtime.pipeline, options.observer)
    .then((answer) => writeAnswer(answer, request, reply))
    .catch((error: unknown) => fail(error, request, reply, options))
}

function fail(thrown: unknown, request: Request, reply: Reply, { report }: InferenceOptions): void {
  const error = asGatewayError(thrown)
  report(error, request)
  if (reply.raw.headersSent) reply.raw.destroy()
  else writeError(error, request, reply)
}

function callOf(
  request: Request,
  endpoint: Endpoint,
  input: CallInput,
  model: string,
  stream: boolean,
): Call {
  const { record, runtime, headers } = request
  record.modelRequested = model
  record.model = model
  record.stream = stream
  return {
    record,
    endpoint,
    principal: request.principal as Principal,
    input,
    model,
    stream,
    strict: runtime.strict || isTrue(headers['x-gateway-strict'], 'x-gateway-strict'),
    onlyProvider: single(headers['x-gateway-provider']),
    timeoutMs: milliseconds(headers['x-gateway-timeout-ms'], 'x-gateway-timeout-ms'),
    passedHeaders: passedHeaders(headers),
    query: queryOf(request.url),
    hangUp: request.hangUp,
  }
}

type HeaderValue = string | string[] | undefined

const single = (value: HeaderValue): string | undefined => (Array.isArray(value) ? value[0] : value)

const passedNames = ['anthropic-beta', 'anthropic-version', 'openai-beta'] as const
const nothingPassed = Object.freeze({})

function passedHeaders(headers: Request['headers']): Readonly<Record<string, string>> {
  let passed: Record<string, string> | undefined
  for (const name of passedNames) {
    const value = single(headers[name])
    if (value !== undefined) (passed ??= {})[name] = value
  }
  return passed ?? nothingPassed
}

function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at)
}

function isTrue(value: HeaderValue, name: string): boolean {
  if (value === undefined || value === 'false') return false
  if (value === 'true') return true
  throw badHeader(name, 'true or false')
}

function milliseconds(value: HeaderValue, name: string): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (typeof value === 'string' && /^\d{1,9}$/.test(value) && number > 0) return number
  throw badHeader(name, 'a whole number of milliseconds from 1 to 999999999')
}

const badHeader = (name: string, allowed: string) =>
  new GatewayError('invalid_request', {
    message: `The header ${name} is not valid; allowed is ${allowed}.`,
    param: name,
  })

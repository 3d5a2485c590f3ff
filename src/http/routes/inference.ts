import type { FastifyInstance } from 'fastify'
import { asGatewayError, GatewayError } from '../../errors.ts'
import type { Call, Principal } from '../../pipeline/call.ts'
import { endpoints, type Endpoint } from '../../pipeline/endpoints.ts'
import { readEnvelope } from '../../pipeline/envelope.ts'
import { serve, type PipelineObserver } from '../../pipeline/pipeline.ts'
import type { Reply, Request } from '../context.ts'
import { writeError } from '../reply-with-error.ts'
import { writeAnswer } from '../write-answer.ts'

export interface InferenceOptions {
  observer: PipelineObserver
  report: (error: GatewayError, request: Request) => void
}

/** Every route that takes work: the endpoints of the table, with `/v1` and without. */
export function inferenceRoutes(app: FastifyInstance, { observer, report }: InferenceOptions): void {
  for (const endpoint of endpoints) {
    const config = { caller: 'tenant', dialect: endpoint.dialect, takesJson: true } as const
    // Not async: the answer is written to the socket, and a promise per request would be for nothing.
    const handler = (request: Request, reply: Reply): void => {
      const call = readCall(request, endpoint)
      reply.hijack()
      serve(call, request.runtime.pipeline, observer)
        .then((answer) => writeAnswer(answer, request, reply))
        .catch((thrown: unknown) => {
          const error = asGatewayError(thrown)
          report(error, request)
          if (reply.raw.headersSent) reply.raw.destroy()
          else writeError(error, request, reply)
        })
    }
    app.post(endpoint.path, { config }, handler)
    app.post(endpoint.path.replace('/v1', ''), { config }, handler)
  }
}

function readCall(request: Request, endpoint: Endpoint): Call {
  const { record, runtime, headers } = request
  const rawBody = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
  const { body, bytes, model, stream } = readEnvelope(rawBody, endpoint, runtime.inputLimits)
  record.modelRequested = model
  record.model = model
  record.stream = stream
  return {
    record,
    endpoint,
    principal: request.principal as Principal,
    rawBody,
    bytes,
    body,
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
  new GatewayError('invalid_request', { message: `The header ${name} is not valid; allowed is ${allowed}.`, param: name })

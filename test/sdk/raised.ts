import Anthropic from '@anthropic-ai/sdk'
import { APICallError } from 'ai'
import OpenAI from 'openai'
import type { CallerName } from './world.ts'

/** What an SDK throws, read by the rules of each. */
export interface Raised {
  /** The SDK's own class of the error: `RateLimitError`. */
  kind: string
  status: number | undefined
  message: string
  /** The gateway's word for it, as far as the dialect has a place for one. */
  code?: string | null
  /** The dialect's word for it. */
  type?: string | null
  requestId: string | null | undefined
  headers: Record<string, string>
}

/** Waits for the call to fail. */
export async function raisedBy(caller: CallerName, call: Promise<unknown>): Promise<Raised> {
  const error: unknown = await call.then(
    () => new Error('the call did not fail'),
    (failure: unknown) => failure,
  )
  if (caller === 'openai' && error instanceof OpenAI.APIError) {
    const { status, message, code, type, requestID: requestId, headers } = error
    return { kind: kindOf(error), status, message, code, type, requestId, headers: plainHeaders(headers) }
  }
  if (caller === '@anthropic-ai/sdk' && error instanceof Anthropic.APIError) {
    const {
      status,
      message,
      type,
      requestID: requestId,
      headers,
    } = error as InstanceType<typeof Anthropic.APIError>
    return { kind: kindOf(error), status, message, type, requestId, headers: plainHeaders(headers) }
  }
  if (caller.startsWith('ai ') && APICallError.isInstance(error)) {
    const { statusCode: status, message, data, responseHeaders: headers = {} } = error
    const told = (data as { error?: { code?: string; type?: string } } | undefined)?.error
    return { kind: 'APICallError', status, message, ...told, requestId: headers['x-request-id'], headers }
  }
  throw error
}

/** The names of the packages' classes, which their own `name` does not always tell. */
function kindOf(error: Error): string {
  const packages: Record<string, unknown>[] = [{ ...OpenAI }, { ...Anthropic }]
  for (const classes of packages) {
    const found = Object.entries(classes).find(([, value]) => value === error.constructor)
    if (found) return found[0]
  }
  return error.constructor.name
}

const plainHeaders = (headers: Headers | undefined) => Object.fromEntries(headers ?? [])

/** Calls to a running gateway, with failures as sentences. */
import { clientNames } from '../config/client-names.ts'
import { CliError, exitCodes } from './io.ts'
import type { CommandContext } from './io.ts'

const usualAddress = 'http://127.0.0.1:8080'

export interface Call {
  path: string
  body?: unknown
  /** Longest wait for the head of the answer, in seconds. */
  timeoutSeconds?: number
  /** Statuses besides 2xx whose body is an answer. */
  accept?: readonly number[]
}

/** @throws CliError 3 where nobody answers, 1 where the answer is an error. */
export async function send(context: CommandContext, call: Call): Promise<Response> {
  const address = gatewayAddress(context)
  const response = await reach(address, call, headersFor(context, call))
  if (context.verbose > 0) context.io.stderr.write(`${call.path}: ${response.status}\n`)
  if (response.ok || call.accept?.includes(response.status)) return response
  throw await refusal(response)
}

export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw new CliError(
      exitCodes.failed,
      `The answer (${response.status}) is not JSON. Is this an llm-gateway?`,
    )
  }
}

function gatewayAddress({ url, io }: CommandContext): string {
  const address = url ?? (io.env[clientNames.url] || usualAddress)
  const parsed = URL.parse(address)
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return address.replace(/\/+$/, '')
  throw new CliError(
    exitCodes.badUsage,
    `The gateway's address must be an http:// or https:// URL, such as ${usualAddress}.`,
  )
}

function headersFor({ key, io }: CommandContext, { body }: Call): Record<string, string> {
  const bearer = key ?? io.env[clientNames.key]
  if (bearer && !/^[\x21-\x7e]+$/.test(bearer))
    throw new CliError(exitCodes.badUsage, 'The key holds characters that no key can have.')
  return {
    accept: 'application/json',
    ...(bearer && { authorization: `Bearer ${bearer}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
}

async function reach(address: string, call: Call, headers: Record<string, string>): Promise<Response> {
  const { body, timeoutSeconds } = call
  try {
    return await fetch(address + call.path, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      // A key goes to the address that was given, and to no other.
      redirect: 'manual',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(timeoutSeconds !== undefined && { signal: AbortSignal.timeout(timeoutSeconds * 1000) }),
    })
  } catch (error) {
    const reason = unreachableReason(error, timeoutSeconds)
    throw new CliError(
      exitCodes.unreachable,
      `Cannot reach the gateway at ${withoutCredentials(address)}: ${reason}. Is it running? Start it with "llm-gateway start", or name it with --url.`,
      { code: 'unreachable' },
    )
  }
}

const networkFaults: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name could not be looked up',
  UND_ERR_CONNECT_TIMEOUT: 'the connection took too long',
  UND_ERR_SOCKET: 'the connection was cut',
}

function unreachableReason(error: unknown, timeoutSeconds: number | undefined): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer within ${timeoutSeconds} s`
  return networkFaults[cause?.code ?? ''] ?? cause?.code ?? cause?.message ?? 'the request failed'
}

function withoutCredentials(address: string): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

async function refusal(response: Response): Promise<CliError> {
  const text = await response.text().catch(() => '')
  const { message, code } = errorOf(text)
  const reason = message ?? (response.statusText || 'no reason given')
  return new CliError(
    exitCodes.failed,
    `The gateway answered ${response.status}${code ? ` ${code}` : ''}: ${reason}`,
    {
      status: response.status,
      ...(code && { code }),
    },
  )
}

/** The error in an answer's body or in an event of a stream. */
export function errorOf(text: string): { message?: string; code?: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown; code?: unknown; type?: unknown } }
    const code = error?.code ?? error?.type
    return {
      ...(typeof error?.message === 'string' && { message: error.message }),
      ...(typeof code === 'string' && { code }),
    }
  } catch {
    return {}
  }
}

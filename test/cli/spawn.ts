import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { runCli } from '../../src/cli/main.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const program = fileURLToPath(new URL('../../bin/llm-gateway.js', import.meta.url))

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** The program as a user runs it. */
export function run(
  args: readonly string[],
  env: Record<string, string> = {},
  node = process.execPath,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [program, ...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      cwd: root,
    })
    const outcome: Outcome = { code: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text))
    child.on('error', reject).on('close', (code) => resolve({ ...outcome, code }))
  })
}

/** The same without a process of its own. */
export async function runHere(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({ write: (text: string) => (written[name] += text) })
  const code = await runCli(args, { stdout: stream('stdout'), stderr: stream('stderr'), env, cwd: root })
  return { code, ...written }
}

export interface Seen {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

/** A server that answers as told and remembers what it was asked. */
export async function serve(
  answer: (response: ServerResponse) => void,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

export const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

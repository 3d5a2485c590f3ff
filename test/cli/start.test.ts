import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { program, run } from './spawn.ts'

interface LogLine {
  level: string
  message: string
  address?: string
}

/** A gateway in a process of its own; `line` waits for a line of its log with these words. */
function start(args: string[]) {
  const child = spawn(process.execPath, [program, 'start', '-p', '0', '--metrics-port', '0', ...args], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (words: string): Promise<LogLine> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`The gateway ended without saying "${words}".`)
      const entry = JSON.parse(value) as LogLine
      if (entry.message.includes(words)) return entry
    }
  }
  return { child, line }
}

test('start serves until it is told to stop, and takes a changed file over', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'start-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'config.yaml')
  writeFileSync(file, 'providers: { mock: { models: [first] } }\n')
  const { child, line } = start(['-c', file])
  const { address = '' } = await line('listening')
  expect(await run(['health', '-u', address])).toMatchObject({ code: 0 })
  expect((await run(['models', '-u', address])).stdout).toContain('first')

  writeFileSync(file, 'providers: { mock: { models: [second] } }\n')
  await line('in force')
  expect((await run(['models', '-u', address])).stdout).toContain('second')

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a port that is taken ends the start with 1 and a sentence', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  onTestFinished(() => {
    holder.close()
  })
  const { port } = holder.address() as AddressInfo
  const { code, stderr } = await run(['start', '-p', String(port), '--metrics-port', '0'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^llm-gateway failed: .*EADDRINUSE.*\n$/)
})

import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import { openLineWriter } from '../../src/observability/line-writer.ts'
import { openLog } from '../../src/observability/log.ts'
import { prettyLine } from '../../src/observability/pretty.ts'
import { timestamp } from '../../src/observability/timestamp.ts'
import { openLogFile, temporaryPath } from './log-file.ts'

const module = JSON.stringify(new URL('../../src/observability/log.ts', import.meta.url).href)
/** Runs `code` in a process of its own; Node 24 reads TypeScript by itself. */
const script = (code: string) => [
  '--input-type=module',
  '-e',
  `const { openLog } = await import(${module});${code}`,
]

describe('a JSON line', () => {
  test('begins with level, timestamp in RFC 3339 and ends with the message', async () => {
    const { log, records } = await openLogFile()
    log.warn({ provider: 'openai' }, 'breaker open')
    const [line] = await records()
    expect(line).toEqual({
      level: 'warn',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      provider: 'openai',
      message: 'breaker open',
    })
  })

  test('below the level is not written, and the level can change while running', async () => {
    const { log, records } = await openLogFile({ level: 'warn' })
    log.info('one')
    log.level = 'debug'
    log.debug('two')
    log.level = 'silent'
    log.fatal('three')
    expect((await records()).map(({ message }) => message)).toEqual(['two'])
  })

  test('of text in any script reads back the same', async () => {
    const { log, records } = await openLogFile()
    const texts = ['žluťoučký', '日本語', '🙂 \n "quoted" \\', 'x'.repeat(200_000), '日'.repeat(50_000)]
    for (const text of texts) log.info(text)
    expect((await records()).map(({ message }) => message)).toEqual(texts)
  })
})

test('timestamps are those of Date, across seconds and back', () => {
  for (const ms of [0, 1, 999, 1_000, 1_763_600_000_123, 1_763_600_000_999, 1_763_600_001_000, 999])
    expect(timestamp(ms)).toBe(new Date(ms).toISOString())
})

describe('an error', () => {
  test('is written as type, message, code and causes, without its stack', async () => {
    const { log, records } = await openLogFile()
    const cause = Object.assign(new TypeError('socket hang up'), { code: 'ECONNRESET' })
    log.error({ error: new GatewayError('upstream_error', { cause }) }, 'attempt failed')
    expect((await records())[0]!.error).toEqual({
      type: 'GatewayError',
      message: 'The provider failed to answer.',
      code: 'upstream_error',
      cause: { type: 'TypeError', message: 'socket hang up', code: 'ECONNRESET' },
    })
  })

  test('has its stack at debug level', async () => {
    const { log, records } = await openLogFile({ level: 'debug' })
    log.error({ err: new Error('no') }, 'x')
    log.level = 'info'
    log.error({ err: new Error('no') }, 'x')
    const [debug, info] = (await records()) as { err: { stack?: string } }[]
    expect(debug!.err.stack).toContain('log.test.ts')
    expect(info!.err).not.toHaveProperty('stack')
  })

  test('that is its own cause ends, and one that is no error shows no object', async () => {
    const { log, records } = await openLogFile()
    const loop = new Error('loop')
    loop.cause = loop
    log.error({ error: loop }, 'a')
    log.error({ error: { messages: [{ role: 'user', content: 'my prompt' }] } }, 'b')
    log.error({ error: new AggregateError([new Error('first'), new Error('second')], '') }, 'c')
    const lines = await records()
    expect(JSON.stringify(lines[0]).match(/"loop"/g)).toHaveLength(6)
    expect(lines[1]!.error).toEqual({ type: 'object', message: '' })
    expect(lines[2]!.error).toMatchObject({ errors: [{ message: 'first' }, { message: 'second' }] })
  })
})

describe('secrets', () => {
  test('do not reach the file: by field at any depth, in messages, in errors and their causes', async () => {
    const { log, text } = await openLogFile({ level: 'debug' })
    const secret = 'sk-proj-Ab3dEf6hIj9kLmN0'
    const plainSecret = 'correct horse battery staple'
    log.info({ headers: { authorization: plainSecret }, deep: { er: { api_key: plainSecret } } }, 'x')
    log.info({ api_keys: [plainSecret, plainSecret], cookie: plainSecret, 'X-Api-Key': plainSecret }, 'x')
    log.info(`calling with Bearer ${secret}`)
    log.error(new Error(`401 for ${secret}`, { cause: new Error(`key=${secret}`) }))
    log.error({ error: new Error('x', { cause: `postgres://gateway:hunter2pass@db/gateway` }) }, 'x')
    const written = await text()
    for (const part of [secret, plainSecret, 'hunter2pass']) expect(written).not.toContain(part)
    expect(written.match(/\[redacted\]/g)!.length).toBeGreaterThanOrEqual(9)
    for (const line of written.trim().split('\n')) JSON.parse(line)
  })
})

describe('the destination', () => {
  test('gets lines within moments, without a close', async () => {
    const { log, path } = await openLogFile()
    log.info('soon')
    await vi.waitFor(async () => expect(await readFile(path, 'utf8')).toContain('soon'), { timeout: 10_000 })
  })

  test('gets every line once and in order, however many', async () => {
    const { log, access, records } = await openLogFile()
    for (let n = 0; n < 5_000; n++) {
      if (n % 2 === 0) log.info({ n }, 'even')
      else access.write({ requestId: 'r', method: 'GET', route: '/', status: 200, latencyMs: n, attempts: n })
      if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const lines = await records()
    expect(lines.map(({ n, attempts }) => n ?? attempts)).toEqual(Array.from({ length: 5_000 }, (_, n) => n))
  })

  test('is appended to', async () => {
    const path = await temporaryPath()
    for (const message of ['first run', 'second run']) {
      const { log, close } = openLog({ level: 'info', format: 'json', destination: path })
      log.info(message)
      await close()
      await close()
    }
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3)
  })

  test('that takes no more gets a line that says how many were lost, and the rest whole', async () => {
    const path = await temporaryPath()
    const droppedLine = (count: number) => `dropped ${count}\n`
    const writer = openLineWriter({ destination: path, maximumPendingBytes: 100_000, droppedLine })
    // Without a turn of the event loop nothing is ever done writing.
    for (let n = 0; n < 1_000; n++) writer.write(`${String(n).padStart(999, ' ')}\n`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    writer.write('later\n')
    await writer.close()
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    const numbered = lines.filter((line) => line.length === 999).map(Number)
    expect(numbered).toEqual(Array.from({ length: numbered.length }, (_, n) => n))
    expect(numbered.length).toBeGreaterThanOrEqual(100)
    expect(numbered.length).toBeLessThan(300)
    expect(lines.slice(numbered.length)).toEqual([`dropped ${1_000 - numbered.length}`, 'later'])
  })

  test('that cannot be opened is said at start, by name', () => {
    expect(() => openLog({ level: 'info', format: 'json', destination: '/nowhere/at/all.log' })).toThrow(
      /log file \/nowhere\/at\/all\.log cannot be opened for appending: ENOENT/,
    )
  })

  test('gets what waits when the process exits at once', async () => {
    const path = await temporaryPath()
    const code = `const { log } = openLog({ level: 'info', format: 'json', destination: ${JSON.stringify(path)} })
      for (let n = 0; n < 1000; n++) log.info('line')
      process.exit(3)`
    await promisify(execFile)(process.execPath, script(code)).catch(({ code }) => expect(code).toBe(3))
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(1001)
  })

  test('whose reader went away does not end the process, which says so once', async () => {
    const code = `const { log, close } = openLog({ level: 'info', format: 'json' })
      const timer = setInterval(() => log.info('x'.repeat(20000)), 5)
      await new Promise((resolve) => process.stdin.once('data', resolve))
      clearInterval(timer)
      await close()
      process.exit(7)`
    const child = spawn(process.execPath, script(code))
    let complaints = ''
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
    child.stdout.once('data', () => child.stdout.destroy())
    await vi.waitFor(() => expect(complaints).toContain('EPIPE'), { timeout: 20_000 })
    child.stdin.write('enough')
    const exitCode = await new Promise((resolve) => child.once('close', resolve))
    expect(exitCode).toBe(7)
    expect(complaints.match(/The log cannot be written/g)).toHaveLength(1)
  })
})

describe('pretty', () => {
  test('is one line per record, in the same order, with nested fields named in full', async () => {
    const { log, access, text } = await openLogFile({ format: 'pretty' })
    log.info({ provider: 'openai', tokens: { input: 3 }, note: 'two words\nand a line' }, 'ready')
    access.write({ requestId: 'r1', method: 'GET', route: '/live', status: 200, latencyMs: 0.25 })
    const [first, second, end] = (await text()).split('\n')
    expect(first).toMatch(
      /^\S+Z INFO {2}ready provider=openai tokens\.input=3 note="two words\\nand a line"$/,
    )
    expect(second).toMatch(
      /^\S+Z INFO {2}GET \/live 200 route=\/live status=200 request_id=r1 latency_ms=0\.3$/,
    )
    expect(end).toBe('')
  })

  test("does not let a caller's text steer the terminal", () => {
    const record = { message: 'a\u001b[2Jb\u0007', model: '\u009b31m\u202e', 'na\u001bme': 1 }
    const line = prettyLine(`${JSON.stringify(record)}\n`, false)
    expect([...line].filter((character) => /[\p{Cc}\p{Cf}]/u.test(character))).toEqual(['\n'])
    expect(line).toContain('\\u001b[2J')
  })

  test('has colour only where it is asked for', () => {
    const line = '{"timestamp":"t","level":"error","message":"no"}\n'
    expect(prettyLine(line, false)).toBe('t ERROR no\n')
    expect(prettyLine(line, true)).toContain('\u001b[31mERROR\u001b[0m')
  })
})

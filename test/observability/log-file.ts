/** A log file of a test's own, and what stands in it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openAccessLog } from '../../src/observability/access-log.ts'
import type { AccessLog } from '../../src/observability/access-log.ts'
import { openLog } from '../../src/observability/log.ts'
import type { LogOptions, OpenLog } from '../../src/observability/log.ts'

export interface LogFile extends OpenLog {
  access: AccessLog
  path: string
  /** Closes, then reads. */
  text(): Promise<string>
  records(): Promise<Record<string, unknown>[]>
}

export async function temporaryPath(name = 'gateway.log'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'llm-gateway-log-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, name)
}

export async function openLogFile(options: Partial<LogOptions> = {}): Promise<LogFile> {
  const path = await temporaryPath()
  const open = openLog({ level: 'info', format: 'json', destination: path, ...options })
  onTestFinished(() => open.close())
  const text = async () => {
    await open.close()
    return readFile(path, 'utf8')
  }
  const records = async () =>
    (await text())
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { ...open, access: openAccessLog(open), path, text, records }
}

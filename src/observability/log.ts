/**
 * The process log: pino, one JSON object per line (`timestamp` `level` `message` first), or one readable line
 * per record. Lines leave asynchronously; secrets are replaced on the way.
 */
import { isatty } from 'node:tty'
import pino from 'pino'
import type { Logger } from 'pino'
import { openLineWriter } from './line-writer.ts'
import type { LineSink, LineWriter } from './line-writer.ts'
import { prettyLine } from './pretty.ts'
import { redactLine } from './redact.ts'
import { serializeError } from './serialize-error.ts'
import { timestamp } from './timestamp.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogOptions {
  level: LogLevel
  format: 'json' | 'pretty'
  /** A file descriptor or a path to append to; standard output by default. */
  destination?: number | string
}

export interface OpenLog {
  /** `log.level = …` changes the level while running. */
  log: Logger
  /** The same destination for lines built elsewhere (the access log): JSON in, whichever format out. */
  lines: LineSink
  /** Writes everything that waits, then closes. */
  close(): Promise<void>
}

const debugLevel = 20

/** @throws Error where the file cannot be opened. */
export function openLog({ level, format, destination = 1 }: LogOptions): OpenLog {
  const colour = typeof destination === 'number' && isatty(destination)
  const finish = format === 'pretty' ? (line: string) => prettyLine(line, colour) : asItIs
  const writer = openLineWriter({ destination, droppedLine: (count) => finish(droppedLine(count)) })
  const lines = format === 'pretty' ? prettySink(writer, finish) : writer
  return { log: makeLogger(level, lines), lines, close: () => writer.close() }
}

const asItIs = (line: string): string => line

const prettySink = (writer: LineWriter, finish: (line: string) => string): LineSink => ({
  write: (line) => writer.write(finish(line)),
  flushSync: () => writer.flushSync(),
})

const droppedLine = (count: number): string =>
  `{"timestamp":"${timestamp()}","level":"warn","message":"log lines were dropped because the destination did not take them","lines":${count}}\n`

function makeLogger(level: LogLevel, lines: LineSink): Logger {
  let withStack = pino.levels.values[level]! <= debugLevel
  const error = (value: unknown) => serializeError(value, withStack)
  const log: Logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"timestamp":"${timestamp()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error, err: error, cause: error },
      hooks: { streamWrite: redactLine },
    },
    lines,
  )
  log.on('level-change', (_label, value) => {
    withStack = value <= debugLevel
  })
  return log
}

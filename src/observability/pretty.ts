/** One line of the log for people: time, level, message, then `name=value` pairs. */

import { visible } from './line-text.ts'

const colours: Record<string, string> = {
  trace: '90',
  debug: '36',
  info: '32',
  warn: '33',
  error: '31',
  fatal: '35',
}

/** A JSON line in, a human line out; both end in a line feed. Text that is no JSON object passes as it came. */
export function prettyLine(line: string, colour: boolean): string {
  const record = parse(line)
  if (record === undefined) return line
  const { timestamp, level, message, ...rest } = record
  const word = String(level ?? '')
    .toUpperCase()
    .padEnd(5)
  const paint = (text: string, code: string | undefined) =>
    colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text
  const parts = [
    paint(visible(String(timestamp ?? '')), '90'),
    paint(visible(word), colours[String(level)]),
    visible(String(message ?? '')),
    ...pairs(rest, '').map(([name, value]) => `${paint(`${name}=`, '90')}${value}`),
  ]
  return `${parts.join(' ')}\n`
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function pairs(record: Record<string, unknown>, prefix: string): [string, string][] {
  return Object.entries(record).flatMap(([name, value]): [string, string][] => {
    const path = prefix + visible(name)
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value)
    return nested ? pairs(value as Record<string, unknown>, `${path}.`) : [[path, show(value)]]
  })
}

const plain = /^[\w./:@%+-]+$/

// A caller's text must neither start a new line nor steer the reader's terminal.
const show = (value: unknown): string =>
  typeof value === 'string' && plain.test(value) ? value : visible(JSON.stringify(value) ?? 'undefined')

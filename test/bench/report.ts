/** The bench's tables for people. */
import { verdict, type Figure, type Ratio, type Summary } from './figures.ts'

const columnGap = '  '

/** Columns as wide as their widest cell; the first is aligned to the left, the rest to the right. */
export function table(header: string[], rows: string[][]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join(columnGap)
  const rule = widths.map((width) => '-'.repeat(width)).join(columnGap)
  return [line(header), rule, ...rows.map(line)].join('\n')
}

const fixed = (value: number | null, digits: number): string => (value === null ? '' : value.toFixed(digits))

export function summaryTable(summaries: Summary[], ratios: Ratio[]): string {
  const rows = summaries.map((summary) => {
    const ratio =
      summary.server === 'gateway' ? ratios.find((r) => r.scenario === summary.scenario) : undefined
    return [
      `${summary.scenario}, ${summary.server}`,
      fixed(summary.requestsPerSecond, 0),
      fixed(summary.p50Ms, 3),
      fixed(summary.p99Ms, 3),
      fixed(summary.cpuUsPerRequest, 1),
      fixed(summary.cpuUsPerEvent, 2),
      fixed(summary.rssMb, 0),
      ratio === undefined ? '' : `${ratio.cpu.toFixed(2)}×`,
      ratio === undefined ? '' : `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`,
    ]
  })
  return table(
    [
      'scenario',
      'answers/s',
      'p50 ms',
      'p99 ms',
      'CPU µs/req',
      'CPU µs/event',
      'RSS MiB',
      'CPU / bare',
      'rounds',
    ],
    rows,
  )
}

export function figureTable(figures: Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.measured === null ? '' : `${figure.measured.toFixed(figure.unit === '×' ? 2 : 0)} ${figure.unit}`,
    `≤ ${figure.must} ${figure.unit}`,
    `≤ ${figure.stretch} ${figure.unit}`,
    verdict(figure),
  ])
  return table(['figure', 'measured', 'must', 'stretch', 'verdict'], rows)
}

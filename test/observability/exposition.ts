/**
 * A strict reader of Prometheus' text format 0.0.4: throws for anything that the format does not allow.
 * @see prometheus.io/docs/instrumenting/exposition_formats
 */

export interface Family {
  name: string
  help: string
  type: string
  samples: { name: string; labels: Record<string, string>; value: number }[]
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*/
const number = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|[+-]Inf|NaN)$/

export function parseExposition(page: string): Map<string, Family> {
  if (!page.endsWith('\n')) throw new Error('the last line has no line feed')
  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of page.slice(0, -1).split('\n')) {
    if (line === '') continue
    if (line.startsWith('# HELP ')) {
      const [, name, help] = /^# HELP (\S+) (.+)$/.exec(line) ?? fail(line, 'a bad HELP')
      if (families.has(name!)) fail(line, 'a family twice')
      current = { name: name!, help: help!, type: '', samples: [] }
      families.set(name!, current)
    } else if (line.startsWith('# TYPE ')) {
      const [, name, type] =
        /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? fail(line, 'a bad TYPE')
      if (current === undefined || current.name !== name || current.type !== '')
        fail(line, 'a TYPE without its HELP')
      current.type = type!
    } else {
      if (current === undefined || current.type === '') fail(line, 'a sample without a TYPE')
      addSample(current, line)
    }
  }
  for (const family of families.values()) checkSeries(family)
  return families
}

function addSample(family: Family, line: string): void {
  const name = metricName.exec(line)?.[0] ?? fail(line, 'no metric name')
  const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  if (!suffixes.some((suffix) => name === family.name + suffix)) fail(line, `not a sample of ${family.name}`)
  const { labels, rest } = readLabels(line, line.slice(name.length))
  if (!rest.startsWith(' ') || !number.test(rest.slice(1))) fail(line, 'a bad value')
  const word = rest.slice(1)
  family.samples.push({
    name,
    labels,
    value: word.endsWith('Inf') ? (word[0] === '-' ? -Infinity : Infinity) : Number(word),
  })
}

function readLabels(line: string, text: string): { labels: Record<string, string>; rest: string } {
  const labels: Record<string, string> = {}
  if (!text.startsWith('{')) return { labels, rest: text }
  let at = 1
  for (;;) {
    const name = labelName.exec(text.slice(at))?.[0] ?? fail(line, 'a bad label name')
    if (name in labels) fail(line, 'a label twice')
    at += name.length
    if (text.slice(at, at + 2) !== '="') fail(line, 'no label value')
    at += 2
    let value = ''
    while (text[at] !== '"') {
      if (at >= text.length) fail(line, 'an open label value')
      if (text[at] === '\\') {
        const unescaped = { '\\': '\\', '"': '"', n: '\n' }[text[at + 1]!] ?? fail(line, 'a bad escape')
        value += unescaped
        at += 2
      } else value += text[at++]
    }
    labels[name] = value
    at++
    if (text[at] === ',') at++
    else if (text[at] === '}') return { labels, rest: text.slice(at + 1) }
    else fail(line, 'labels that do not end')
  }
}

function checkSeries(family: Family): void {
  const seen = new Set<string>()
  for (const { name, labels } of family.samples) {
    const key = name + JSON.stringify(Object.entries(labels).sort())
    if (seen.has(key)) fail(key, 'a series twice')
    seen.add(key)
  }
}

function fail(line: string, what: string): never {
  throw new Error(`${what}: ${line}`)
}

import { describe, expect, test } from 'vitest'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Node } from 'yaml'
import type { Path } from '../../src/config/path.ts'
import { pathText } from '../../src/config/path.ts'
import { wholeText, wholeVariables } from './example.ts'
import { loadText, problemsOf } from './load-text.ts'

interface Place {
  path: Path
  node: Node
}

/** Every value of the whole example, sections and lists too. */
function placesOf(node: Node | null, path: Path = []): Place[] {
  if (node === null) return []
  const here = path.length > 0 ? [{ path, node }] : []
  if (isMap(node))
    return [
      ...here,
      ...node.items.flatMap((pair) =>
        isScalar(pair.key) ? placesOf(pair.value as Node | null, [...path, String(pair.key.value)]) : [],
      ),
    ]
  if (isSeq(node))
    return [...here, ...node.items.flatMap((item, index) => placesOf(item as Node, [...path, index]))]
  return here
}

const places = placesOf(parseDocument(wholeText).contents)
/** Where the operator chooses the keys. */
const hasAnyKeys = ({ path }: Place) =>
  path.includes('providers') && (path.includes('headers') || path.includes('deployments'))
const sections = places.filter(
  (place) => isMap(place.node) && place.path.at(-1) !== 'providers' && !hasAnyKeys(place),
)
const leaves = places.filter(({ node }) => isScalar(node))

/** The text with the value at a path replaced, and the line on which it then stands. */
function mutate(path: Path, value: unknown): { text: string; line: number } {
  const document = parseDocument(wholeText)
  document.setIn(path, value)
  const text = document.toString({ lineWidth: 0 })
  const key = [...path].reverse().find((step) => typeof step === 'string')
  const lines = text.split('\n')
  return { text, line: lines.findIndex((line) => line.includes('MUTATED') && line.includes(`${key}`)) + 1 }
}

test('the whole example is valid before it is mutated', () => {
  expect(() => loadText(wholeText, wholeVariables)).not.toThrow()
})

test('there are more than two hundred mutations', () => {
  expect(sections.length + leaves.length).toBeGreaterThan(200)
})

describe('a section where a value belongs is refused at its path', () => {
  test.each(leaves.map(({ path }) => [pathText(path), path] as const))('%s', (text, path) => {
    const mutated = mutate(path, { MUTATED: 1 })
    const problems = problemsOf(() => loadText(mutated.text, wholeVariables))
    const problem = problems.find((one) => one.path === text)
    expect(problem, JSON.stringify(problems)).toBeDefined()
    expect(problem?.found).toBe('a section')
    expect(mutated.text.split('\n')[(problem?.line ?? 0) - 1]).toContain('MUTATED')
  })
})

describe('an unknown key is refused at its path and on its line', () => {
  test.each(sections.map(({ path }) => [pathText(path), path] as const))('%s', (text, path) => {
    const mutated = mutate([...path, 'MUTATED'], 1)
    const problems = problemsOf(() => loadText(mutated.text, wholeVariables))
    expect(problems.map((one) => one.path)).toEqual([`${text}.MUTATED`])
    expect(problems[0]?.line).toBe(mutated.line)
    expect(problems[0]?.found).toBe('a key that is not known')
  })
})

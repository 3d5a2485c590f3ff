/** Who set each value. */
import { childOf } from './draft.ts'
import type { DraftNode } from './draft.ts'
import { pathText } from './path.ts'

/** By path of each leaf: `default`, `file:LINE`, `env:NAME` or `flag:--NAME`. */
export function sourcesOf(config: unknown, root: DraftNode): Map<string, string> {
  const sources = new Map<string, string>()
  const visit = (value: unknown, node: DraftNode | undefined, path: (string | number)[]): void => {
    const steps = Array.isArray(value) ? [...value.keys()] : isSection(value) ? Object.keys(value) : []
    if (steps.length === 0) {
      if (value !== undefined) sources.set(pathText(path), sourceText(node))
      return
    }
    for (const step of steps)
      visit((value as Record<string | number, unknown>)[step], childOf(node, step), [...path, step])
  }
  visit(config, root, [])
  return sources
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function sourceText(node: DraftNode | undefined): string {
  if (node === undefined || (node.origin.kind === 'env' && node.origin.name === '')) return 'default'
  return node.origin.kind === 'file' ? `file:${node.origin.line}` : `${node.origin.kind}:${node.origin.name}`
}

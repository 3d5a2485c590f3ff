/**
 * A configuration on its way: what was written, and who wrote it. File, environment and flags are put
 * together here before the schema sees a plain value.
 */
import type { Path } from './path.ts'

export interface Origin {
  kind: 'file' | 'env' | 'flag'
  /** The variable's or option's name: `SERVER_PORT`, `--port`; empty for a file. */
  name: string
  /** As it was written, which differs from where it ends up for older spellings. */
  path: Path
  /** Of the value, in a file, from 1. */
  line?: number
  column?: number
  /** Of the key before the value. */
  keyLine?: number
  keyColumn?: number
  /** Variables that were put into the text. */
  variables?: string[]
}

export type DraftNode = MapNode | ListNode | ScalarNode
export interface MapNode {
  kind: 'map'
  origin: Origin
  entries: Map<string, DraftNode>
}
export interface ListNode {
  kind: 'list'
  origin: Origin
  items: DraftNode[]
}
export interface ScalarNode {
  kind: 'scalar'
  origin: Origin
  value: unknown
}

export const emptyMap = (origin: Origin): MapNode => ({ kind: 'map', origin, entries: new Map() })

export function childOf(node: DraftNode | undefined, step: string | number): DraftNode | undefined {
  if (node?.kind === 'map' && typeof step === 'string') return node.entries.get(step)
  if (node?.kind === 'list' && typeof step === 'number') return node.items[step]
  return undefined
}

export function nodeAt(root: DraftNode, path: Path): DraftNode | undefined {
  let node: DraftNode | undefined = root
  for (const step of path) node = childOf(node, step)
  return node
}

/** The deepest node on the way to `path`, and the steps that were not there. */
export function nearestNode(root: DraftNode, path: Path): { node: DraftNode; missing: Path } {
  let node = root
  for (const [index, step] of path.entries()) {
    const next = childOf(node, step)
    if (next === undefined) return { node, missing: path.slice(index) }
    node = next
  }
  return { node, missing: [] }
}

/**
 * Puts a node at a path of sections, making those that are not there. Where something that is not a
 * section stands in the way nothing changes: the schema refuses that value anyway.
 */
export function putNode(root: MapNode, path: readonly string[], node: DraftNode): void {
  let section = root
  for (const [index, step] of path.slice(0, -1).entries()) {
    let next = section.entries.get(step)
    if (next === undefined) {
      next = emptyMap({ ...node.origin, path: path.slice(0, index + 1) })
      section.entries.set(step, next)
    }
    if (next.kind !== 'map') return
    section = next
  }
  const last = path.at(-1)
  if (last !== undefined) section.entries.set(last, node)
}

/** A JSON value as nodes of one origin. */
export function nodeOf(value: unknown, origin: Origin): DraftNode {
  const under = (step: string | number): Origin => ({ ...origin, path: [...origin.path, step] })
  if (Array.isArray(value))
    return { kind: 'list', origin, items: value.map((item, index) => nodeOf(item, under(index))) }
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'map',
      origin,
      entries: new Map(Object.entries(value).map(([key, item]) => [key, nodeOf(item, under(key))])),
    }
  return { kind: 'scalar', origin, value }
}

export function plainValue(node: DraftNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainValue)
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, plainValue(value)]))
}

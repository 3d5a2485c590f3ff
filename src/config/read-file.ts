/** A file as a draft. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { emptyMap } from './draft.ts'
import type { DraftNode, MapNode } from './draft.ts'
import { ConfigError } from './problem.ts'
import type { Problem } from './problem.ts'
import { readYaml } from './read-yaml.ts'
import { elementOf, kindOf, stepInto } from './schema-walk.ts'
import type { AnySchema } from './schema-walk.ts'

/** Tells one content of a file from another. */
export const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes)

/** @throws ConfigError for what is no file of text */
export function readFile(file: string): { text: string; digest: string } {
  try {
    const bytes = readFileSync(file)
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), digest: digestOf(bytes) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const found =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? 'bytes that are not UTF-8'
        : (fileFaults[code ?? ''] ?? code)
    throw new ConfigError([fileProblem(file, found ?? 'something unreadable', 'a readable YAML file')])
  }
}

const fileFaults: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'a directory',
  EACCES: 'a file that this user may not read',
}

export const fileProblem = (file: string | undefined, found: string, allowed: string): Problem => ({
  ...(file !== undefined && { file }),
  path: '',
  found,
  allowed,
  message: '',
})

export function readRoot(file: string | undefined, text: string | undefined, problems: Problem[]): MapNode {
  if (file === undefined || text === undefined) return emptyMap({ kind: 'file', name: '', path: [] })
  const read = readYaml(text, file)
  // A file that cannot be read whole says nothing certain about its fields.
  if (read.problems.some(({ path }) => path === '')) throw new ConfigError(read.problems)
  problems.push(...read.problems)
  return read.root
}

/** A section or list with nothing in it is one that was not written; a provider with nothing has all defaults. */
export function dropNothing(node: DraftNode, schema: AnySchema | undefined): void {
  if (node.kind === 'list') for (const item of node.items) dropNothing(item, schema && elementOf(schema))
  if (node.kind !== 'map' || schema === undefined) return
  for (const [key, value] of node.entries) {
    const inner = stepInto(schema, key)
    const kind = inner && kindOf(inner)
    if (value.kind !== 'scalar' || value.value !== null) dropNothing(value, inner)
    else if (kind === 'object' && kindOf(schema) === 'record') node.entries.set(key, emptyMap(value.origin))
    else if (kind === 'object' || kind === 'record' || kind === 'array') node.entries.delete(key)
  }
}

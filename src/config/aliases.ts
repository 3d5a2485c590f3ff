/** Older spellings of fields. They are renamed before the schema sees them. */
import { nodeAt, plainValue, putNode } from './draft.ts'
import type { DraftNode, MapNode } from './draft.ts'
import { pathText } from './path.ts'
import type { Path } from './path.ts'

export interface FieldAlias {
  older: readonly string[]
  field: readonly string[]
}

export const fieldAliases: readonly FieldAlias[] = [
  { older: ['logging'], field: ['telemetry', 'logging'] },
  { older: ['cache', 'ttl_seconds'], field: ['cache', 'default_ttl_seconds'] },
  { older: ['telemetry', 'metrics', 'port'], field: ['server', 'metrics_port'] },
]

/** Two spellings of one field with two values. */
export type ReportConflict = (node: DraftNode, allowed: string, message: string) => void

/** Moves each value under an older name to its field; the same value twice is no conflict. */
export function renameAliases(root: MapNode, report: ReportConflict): void {
  for (const { older, field } of fieldAliases) {
    const written = nodeAt(root, older)
    const section = nodeAt(root, older.slice(0, -1))
    if (written === undefined || section?.kind !== 'map') continue
    section.entries.delete(older.at(-1) ?? '')
    merge(root, field, written, report)
  }
}

function merge(root: MapNode, field: readonly string[], written: DraftNode, report: ReportConflict): void {
  const present = nodeAt(root, field)
  if (present === undefined || isNothing(present)) putNode(root, field, written)
  else if (present.kind === 'map' && written.kind === 'map')
    for (const [key, value] of written.entries) merge(root, [...field, key], value, report)
  else if (!isNothing(written) && JSON.stringify(plainValue(present)) !== JSON.stringify(plainValue(written)))
    report(
      written,
      `what ${pathText(present.origin.path)} says, or one of the two`,
      `is another spelling of ${name(field)}`,
    )
}

const name = (path: Path): string => pathText(path)
const isNothing = (node: DraftNode): boolean => node.kind === 'scalar' && node.value === null

import type { Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { count, optionalObject, optionalString, word } from './shape.ts'
import type { UnknownFields } from './shape.ts'

/**
 * Thinking has two fields here: `thinking` (none, `disabled`, `enabled` with a budget, `adaptive`,
 * `between_tools`) and `output_config.effort`, which also works without thinking. An effort alone is
 * `{ enabled: false, effort }` in the canonical form; an effort beside `disabled` is not about thinking and
 * stays an extension, as does `between_tools`, which no other dialect has.
 */
export interface DecodedThinking {
  thinking?: Thinking
  /** `thinking` itself, where it stays an extension. */
  ownThinking?: JsonObject
  /** The effort, where it stays an extension. */
  ownEffort?: string
}

const fields = {
  enabled: new Set(['type', 'budget_tokens', 'display']),
  adaptive: new Set(['type', 'display']),
  disabled: new Set(['type']),
}

export function decodeThinking(
  body: JsonObject,
  effort: string | undefined,
  unknown: UnknownFields,
): DecodedThinking {
  const path = 'thinking'
  const wire = optionalObject(body, path, '')
  const ownEffort = effort === undefined ? {} : { ownEffort: effort }
  if (!wire) return effort === undefined ? {} : { thinking: { enabled: false, effort } }
  const type = word(wire, 'type', path, ['enabled', 'disabled', 'adaptive', 'between_tools'])
  if (type === 'between_tools') return { ownThinking: wire, ...ownEffort }
  unknown.beyond(fields[type], wire, path)
  if (type === 'disabled') return { thinking: { enabled: false }, ...ownEffort }
  const display = optionalString(wire, 'display', path)
  const thinking: Thinking = {
    enabled: true,
    ...(effort !== undefined && { effort }),
    ...(display !== undefined && { display }),
  }
  if (type === 'adaptive') thinking.adaptive = true
  else thinking.budgetTokens = count(wire, 'budget_tokens', path)
  return { thinking }
}

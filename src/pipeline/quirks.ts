import { isObject, parseJson, type JsonObject } from '../canonical/json.ts'
import type { ChatFeature, FeatureTable } from '../dialects/features.ts'
import type { Quirks } from '../providers/provider.ts'
import type { Edit } from './splice.ts'
import type { Target } from './target.ts'

const none: Quirks = Object.freeze({})

/** How a target differs from its dialect, by its type, its settings and the model. */
export function quirksOf({ provider, model }: Target): Quirks {
  const { quirks = none } = provider.facts
  return typeof quirks === 'function' ? quirks({ model, settings: provider.settings }) : quirks
}

/** What must change so that a provider takes a request. */
export interface Fitting {
  /** At most one per key. */
  edits: Edit[]
  /** What it cannot take, by the names of the body's own dialect. */
  lost: string[]
}

/** @param body a request in the provider's dialect, before it is fitted to the provider's quirks */
export function fit(body: JsonObject, quirks: Quirks): Fitting {
  // Nearly every relayed call: nothing to look for.
  if (quirks === none) return { edits: [], lost: [] }
  const edits = new Map<string, Edit>()
  const lost: string[] = []
  const takeOut = (key: string) => {
    edits.set(key, { key, remove: true })
    // To say nothing about a field is what `null` says.
    if (body[key] !== null) lost.push(key)
  }
  for (const key of quirks.rejectsFields ?? []) if (body[key] !== undefined) takeOut(key)
  if (quirks.givesOneChoice && body.n !== undefined && body.n !== 1) takeOut('n')
  if (quirks.hasJsonSchema === false && asksForSchema(body.response_format)) takeOut('response_format')
  for (const [key, rename] of Object.entries(quirks.renamesFields ?? {})) {
    if (body[key] === undefined) continue
    // The caller's newer name wins over the older one if both are there, as it does at OpenAI.
    if (body[rename] === undefined) edits.set(key, { key, rename })
    else {
      edits.set(rename, { key: rename, set: JSON.stringify(body[key]) })
      edits.set(key, { key, remove: true })
    }
  }
  const messages = fitMessages(body.messages, quirks, lost)
  if (messages) edits.set('messages', { key: 'messages', set: JSON.stringify(messages) })
  if (quirks.callsModel !== undefined)
    edits.set('model', { key: 'model', set: JSON.stringify(quirks.callsModel) })
  return { edits: [...edits.values()], lost }
}

/**
 * The caller's names of what a translated request lost by its fitting. What has no feature is left out: the caller
 * cannot have asked for it.
 */
export function callersNames(
  lost: readonly string[],
  caller: FeatureTable,
  provider: FeatureTable,
): string[] {
  const features = Object.keys(provider) as ChatFeature[]
  return lost.flatMap((field) => {
    const feature = features.find((name) => provider[name].field === field && caller[name].field !== null)
    return feature ? [caller[feature].field as string] : []
  })
}

/** The same edits on an object that has not been written yet. */
export function edited(body: JsonObject, edits: readonly Edit[]): JsonObject {
  const changed = { ...body }
  for (const edit of edits) {
    const value = changed[edit.key]
    if ('set' in edit) {
      changed[edit.key] = parseJson(edit.set)
      continue
    }
    delete changed[edit.key]
    if ('rename' in edit) changed[edit.rename] = value
  }
  return changed
}

const asksForSchema = (format: unknown): boolean => isObject(format) && format.type === 'json_schema'

/** The messages as the provider takes them, or `undefined` where it takes them as they are. */
function fitMessages(messages: unknown, quirks: Quirks, lost: string[]): unknown[] | undefined {
  const { rejectsMessageFields = [], hasDeveloperRole } = quirks
  if (!Array.isArray(messages) || (rejectsMessageFields.length === 0 && hasDeveloperRole !== false))
    return undefined
  const rejected = new Set<string>()
  let isChanged = false
  const fitted = messages.map((message: unknown) => {
    if (!isObject(message)) return message
    const unfit = rejectsMessageFields.filter((field) => message[field] !== undefined)
    const isDeveloper = hasDeveloperRole === false && message.role === 'developer'
    if (unfit.length === 0 && !isDeveloper) return message
    isChanged = true
    const copy = { ...message }
    for (const field of unfit) {
      delete copy[field]
      if (message[field] !== null) rejected.add(`messages[].${field}`)
    }
    if (isDeveloper) copy.role = 'system'
    return copy
  })
  lost.push(...rejected)
  return isChanged ? fitted : undefined
}

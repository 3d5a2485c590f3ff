/** The forms in which providers list their models; a page names the one that is its own. */
import { isObject } from '../canonical/json.ts'
import type { ModelListing } from './provider.ts'

/** The texts under `field` of the entries of a list. */
function textsOf(list: unknown, field: string): string[] {
  if (!Array.isArray(list)) return []
  return list
    .map((entry: unknown) => (isObject(entry) ? entry[field] : undefined))
    .filter((text) => typeof text === 'string')
}

const member = (body: unknown, name: string): unknown => (isObject(body) ? body[name] : undefined)

/**
 * OpenAI and the many that follow it: `{ data: [{ id }] }`; Together sends the list alone.
 * Sources: platform.openai.com/docs/api-reference/models, docs.together.ai/reference/models-1 (checked 2026-11-21).
 */
export const openaiListing: ModelListing = {
  path: '/models',
  read: (body) => textsOf(Array.isArray(body) ? body : member(body, 'data'), 'id'),
}

/** A page has 20 models unless more are asked for. Source: docs.claude.com/en/api/models-list (checked 2026-11-21). */
export const anthropicListing: ModelListing = { ...openaiListing, path: '/models?limit=1000' }

/** It stayed at version 1 when the rest moved on. Source: docs.cohere.com/reference/list-models (checked 2026-11-21). */
export const cohereListing: ModelListing = {
  path: (basePath) => `${basePath.replace(/\/v2$/, '/v1')}/models?page_size=1000`,
  read: (body) => textsOf(member(body, 'models'), 'name'),
}

/** Names come as `models/NAME`. Source: ai.google.dev/api/models#method:-models.list (checked 2026-11-21). */
export const geminiListing: ModelListing = {
  path: '/models?pageSize=1000',
  read: (body) => textsOf(member(body, 'models'), 'name').map((name) => name.replace(/^models\//, '')),
}

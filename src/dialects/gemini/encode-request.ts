import type { ChatRequest } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest, EncodeOptions } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { encodeConversation } from './contents.ts'
import { encodeTools } from './encode-tools.ts'
import { encodeGenerationConfig } from './generation-config.ts'
import type { Lost } from './types.ts'

/**
 * `GenerateContentRequest`. The model and whether it streams stand in the path.
 * @throws GatewayError `invalid_request` for tool arguments that are no JSON object, and results without a call
 */
export function encodeRequest(request: ChatRequest, { modelMaxOutputTokens }: EncodeOptions): EncodedRequest {
  const lost: Lost = new Set()
  const generationConfig = encodeGenerationConfig(request, modelMaxOutputTokens, lost)
  const body = defined({
    ...encodeConversation(request, lost),
    ...encodeTools(request, lost),
    generationConfig: Object.keys(generationConfig).length > 0 ? generationConfig : undefined,
    labels: encodeLabels(request.metadata, lost),
    serviceTier: encodeServiceTier(request.serviceTier, lost),
    store: request.store,
  })
  return { body, lost: [...lost] }
}

// Source: cloud.google.com/resource-manager/docs/labels-overview (checked 2026-11-21).
const labelKey = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

/** Pairs which are no labels would make Google refuse the request. */
function encodeLabels(metadata: Record<string, string> | undefined, lost: Lost): JsonObject | undefined {
  const pairs = Object.entries(metadata ?? {})
  const labels = pairs.filter(([key, value]) => labelKey.test(key) && labelValue.test(value))
  if (labels.length < pairs.length) lost.add('metadata')
  return labels.length > 0 ? Object.fromEntries(labels) : undefined
}

const serviceTiers: Readonly<Record<string, string>> = {
  default: 'standard',
  standard_only: 'standard',
  flex: 'flex',
  priority: 'priority',
}

/** `auto` is what happens without the field. */
function encodeServiceTier(tier: string | undefined, lost: Lost): string | undefined {
  if (tier === undefined || tier === 'auto') return undefined
  const known = Object.hasOwn(serviceTiers, tier) ? serviceTiers[tier] : undefined
  if (known === undefined) lost.add('service_tier')
  return known
}

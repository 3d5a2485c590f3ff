import { GatewayError } from '../errors.ts'
import { servingOf } from '../providers/provider.ts'
import type { Call } from './call.ts'
import type { Conversion } from './conversion.ts'
import { relay } from './relay.ts'
import type { Target } from './target.ts'
import { translateEmbedding } from './translate-embedding.ts'
import { translate } from './translate.ts'

/**
 * Relays where both sides speak the same dialect, else translates.
 * @throws GatewayError `unsupported_parameter` where the target can take the call in no form
 */
export function convert(call: Call, target: Target): Conversion {
  const { endpoint } = call
  const {
    facts: { serves },
    settings,
  } = target.provider
  const serving = servingOf(serves[endpoint.operation], endpoint.dialect.name, target.model, settings)
  if (serving?.dialect.name === endpoint.dialect.name && serving.relay !== false && !isForeign(call, target))
    return relay(call, target, serving)
  if (endpoint.operation === 'chat') {
    const chat = servingOf(serves.chat, endpoint.dialect.name, target.model, settings)
    if (chat) return translate(call, target, endpoint.dialect, chat, Math.floor(Date.now() / 1_000))
  }
  if (endpoint.operation === 'embedding') {
    const embedding = servingOf(serves.embedding, endpoint.dialect.name, target.model, settings)
    if (embedding) return translateEmbedding(call, target, endpoint.dialect, embedding)
  }
  throw new GatewayError('internal_error', { cause: `no translation for ${endpoint.operation}` })
}

/** Whether the conversation holds what another dialect signed, in a form that the target refuses. */
function isForeign({ endpoint, input }: Call, { provider }: Target): boolean {
  if (endpoint.operation !== 'chat') return false
  const { unreadable, unknown } = endpoint.dialect.foreignMarks
  for (const mark of unreadable) if (input.bytes.includes(mark)) return true
  if (!provider.facts.refusesUnknownFields) return false
  for (const mark of unknown) if (input.bytes.includes(mark)) return true
  return false
}

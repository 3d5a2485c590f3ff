import type { ChatResponse } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'

const tiers = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])

/** The service tier in OpenAI's words; another dialect's word that has none is left out. */
const writeTier = (tier: string | undefined): string | null => {
  if (tier === 'standard') return 'default'
  return tier !== undefined && tiers.has(tier) ? tier : null
}

/** Everything in this API has an id of its own kind; another dialect's becomes a part of it. */
export const responseId = (id: string): string => (id.startsWith('resp_') ? id : `resp_${id}`)

/**
 * A response that has just begun. It has every field that OpenAI's SDKs expect; those which repeat the request
 * (`instructions`, `tools`, `temperature`, …) have neutral values, since the answer alone is known here. The usage comes
 * with the end, where the provider tells it.
 * `created` in Unix seconds.
 */
export function writeSnapshot(
  head: Pick<ChatResponse, 'id' | 'model' | 'serviceTier'> & { created: number },
): JsonObject {
  return {
    id: responseId(head.id),
    object: 'response',
    created_at: head.created,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    model: head.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: writeTier(head.serviceTier),
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: null,
    truncation: 'disabled',
    access_programs: null,
    metadata: {},
  }
}

/** A model as the two APIs show it, with what the catalogue knows in fields that they do not have. */
import type { ModelFacts } from '../../pipeline/target.ts'

export interface ListedModel {
  id: string
  ownedBy: string
  /** What the catalogue knows of it; a virtual name is as good as its first target. */
  facts: ModelFacts | undefined
}

/** The modes in which an answer can be streamed. */
const streamingModes: ReadonlySet<string | undefined> = new Set(['chat', 'responses', 'completion'])

/** `tools vision documents json_schema thinking streaming …`; one that is absent is not known. */
const capabilitiesOf = ({ capabilities = [], mode, streaming }: ModelFacts) =>
  streamingModes.has(mode) && streaming !== false ? [...capabilities, 'streaming'] : capabilities

// Nobody says when a provider's model was made; 0 keeps the field's type.
export const openaiModel = ({ id, ownedBy, facts }: ListedModel) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: ownedBy,
  mode: facts?.mode,
  capabilities: facts && capabilitiesOf(facts),
  context_window: facts?.contextTokens,
  max_output_tokens: facts?.maxOutputTokens,
})
export const openaiList = (models: ListedModel[]) => ({ object: 'list', data: models.map(openaiModel) })

export const anthropicModel = ({ id, facts }: ListedModel) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '1970-01-01T00:00:00Z',
  max_input_tokens: facts?.contextTokens,
  max_tokens: facts?.maxOutputTokens,
  // Anthropic's own `capabilities` says of each whether the model has it; what is not known could not be said there.
  gateway_capabilities: facts && capabilitiesOf(facts),
})
export const anthropicList = (models: ListedModel[]) => ({
  data: models.map(anthropicModel),
  has_more: false,
  first_id: models[0]?.id ?? null,
  last_id: models.at(-1)?.id ?? null,
})

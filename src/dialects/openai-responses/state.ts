import type { JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'

/** Request fields that only work where the provider has kept something of an earlier call. */
const statefulFields = ['previous_response_id', 'conversation', 'prompt'] as const

/**
 * Refuses what lives in the state of a provider with this API; such a request can only be relayed to one.
 * @throws GatewayError `unsupported_parameter`
 */
export function refuseStatefulFields(body: JsonObject): void {
  for (const name of statefulFields) if (isGiven(body[name])) refuseState(name)
  if (body.background === true) refuseState('background')
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

export function refuseState(
  field: 'input' | 'background' | (typeof statefulFields)[number],
  place = field as string,
): never {
  const what = field === 'input' ? `\`${place}\` is an item_reference, which` : `\`${field}\``
  throw new GatewayError('unsupported_parameter', {
    message: `${what} needs state that only a provider with the Responses API keeps, and this model's provider has none. ${remedies[field]}`,
    param: place,
  })
}

const wholeItems = 'Send the items themselves, as SDKs do with `store: false`.'
const remedies = {
  previous_response_id: wholeItems,
  conversation: wholeItems,
  input: wholeItems,
  prompt: 'Send the prompt itself as `instructions` and `input`.',
  background: 'Leave it out, or stream the answer.',
} as const

import type { ChatRequest, ResponseFormat, TextBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest, EncodeOptions } from '../dialect.ts'
import { type Encoding, encodeCachePoint, encodeMessages, encodeText } from './encode-content.ts'
import { DocumentNames } from './encode-media.ts'
import { encodeToolConfig } from './encode-tools.ts'
import { familyOf, type ModelFamily } from './model-family.ts'
import { encodeSampling } from './sampling.ts'
import { encodeThinking } from './thinking.ts'
import { dialect } from './types.ts'

/**
 * The body alone: the model and whether to stream stand in the path.
 * @throws GatewayError `invalid_request` for tool arguments that are not a JSON object.
 */
export function encodeRequest(request: ChatRequest, options: EncodeOptions): EncodedRequest {
  const lost = new Set<string>()
  const family = familyOf(request.model)
  const encoding: Encoding = { family, documents: new DocumentNames(), lost }
  const maxTokens = encodeMaxTokens(request.maxOutputTokens, options.modelMaxOutputTokens, lost)
  const thinking = encodeThinking(request, family, maxTokens, lost)
  const sampling = encodeSampling(request, family, thinking, lost)
  const stopSequences = request.stop?.filter((sequence) => sequence !== '') ?? []
  if (stopSequences.length < (request.stop?.length ?? 0)) lost.add('stop')

  const body = withoutEmpty({
    ...encodeConversation(request, encoding),
    inferenceConfig: {
      ...(maxTokens !== undefined && { maxTokens }),
      ...sampling.config,
      ...(stopSequences.length > 0 && { stopSequences }),
    },
    toolConfig: encodeToolConfig(request, encoding, thinking.claudeThinks),
    additionalModelRequestFields: { ...thinking.fields, ...sampling.fields },
    additionalModelResponseFieldPaths: stopSequences.length > 0 ? answerFieldPaths(family) : undefined,
    outputConfig: {
      ...encodeFormat(request.responseFormat),
      ...(thinking.effort !== undefined && { effort: thinking.effort }),
    },
    requestMetadata: encodeMetadata(request.metadata, lost),
    serviceTier: encodeServiceTier(request.serviceTier, lost),
  })
  return { body: withExtensions(body, request.extensions), lost: [...lost] }
}

/** A number beyond what the model can produce would be refused. */
function encodeMaxTokens(
  asked: number | undefined,
  largest: number | undefined,
  lost: Set<string>,
): number | undefined {
  if (asked === undefined || largest === undefined || asked <= largest) return asked
  lost.add('max_output_tokens')
  return largest
}

/** Claude says which sequence it met, where it is asked to. */
const answerFieldPaths = (family: ModelFamily): string[] | undefined =>
  family === 'claude' ? ['/stop_sequence'] : undefined

const isEmptyObject = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0

const withoutEmpty = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && !isEmptyObject(value)),
  )

function withExtensions(body: JsonObject, extensions: ChatRequest['extensions']): JsonObject {
  if (extensions?.dialect !== dialect) return body
  const { additionalModelRequestFields, ...fields } = extensions.fields
  const merged = { ...body, ...fields }
  if (isObject(additionalModelRequestFields))
    merged.additionalModelRequestFields = {
      ...additionalModelRequestFields,
      ...(body.additionalModelRequestFields as JsonObject | undefined),
    }
  return merged
}

/**
 * System messages, wherever they stand, move to `system` in their order. A conversation of nothing else
 * becomes a user turn, because models take no request without one.
 */
function encodeConversation(request: ChatRequest, encoding: Encoding): JsonObject {
  const system = request.messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .flatMap(({ content }) => content)
    .filter((block): block is TextBlock => {
      if (block.type !== 'text') encoding.lost.add('system')
      return block.type === 'text' && block.text !== ''
    })
    .flatMap((block) => [...encodeText(block, encoding), ...encodeCachePoint(block.cache, encoding)])
  const messages = encodeMessages(request.messages, encoding)
  if (system.length === 0) return { messages }
  if (messages.length === 0) return { messages: [{ role: 'user', content: system }] }
  return { system, messages }
}

/** The schema goes as text. */
function encodeFormat(format: ResponseFormat | undefined): JsonObject {
  if (format?.type !== 'json_schema') return {}
  const jsonSchema = withoutEmpty({
    schema: JSON.stringify(format.schema),
    name: format.name,
    description: format.description,
  })
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
}

const mostPairs = 16
/** The API reference's `RequestMetadata`: keys of 1 to 256 such characters, values of up to 256. */
const metadataText = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/

function encodeMetadata(
  metadata: Record<string, string> | undefined,
  lost: Set<string>,
): JsonObject | undefined {
  if (!metadata) return undefined
  const all = Object.entries(metadata)
  const taken = all
    .filter(([key, value]) => key !== '' && metadataText.test(key) && metadataText.test(value))
    .slice(0, mostPairs)
  if (taken.length < all.length) lost.add('metadata')
  return Object.fromEntries(taken)
}

/** `auto` asks for what happens without the field. */
const serviceTiers: ReadonlyMap<string, string | undefined> = new Map([
  ['auto', undefined],
  ['default', 'default'],
  ['standard_only', 'default'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['reserved', 'reserved'],
])

function encodeServiceTier(tier: string | undefined, lost: Set<string>): JsonObject | undefined {
  if (tier === undefined) return undefined
  if (!serviceTiers.has(tier)) lost.add('service_tier')
  const type = serviceTiers.get(tier)
  return type === undefined ? undefined : { type }
}

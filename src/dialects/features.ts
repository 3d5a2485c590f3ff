/**
 * What a chat request can ask for, and whether a dialect can carry it. Each dialect declares one
 * `FeatureTable`; a pair (route -> provider) follows from two tables: the route's gives the caller's
 * name of the field, the provider's says what becomes of it. The code strips what is not carried
 * by reading these tables, so they cannot drift from what happens.
 */
import type { Block, ChatRequest, DialectName, Message, Opaque, ToolResultBlock } from '../canonical/chat.ts'

interface Feature {
  /** Whether this request uses the feature, in a way that `target` could not read if it is another's. */
  used: (request: ChatRequest, target: DialectName) => boolean
  /** The request without it. */
  without: (request: ChatRequest, target: DialectName) => ChatRequest
}

/** A plain field: used when present, dropped by leaving it out. */
function field(name: keyof ChatRequest): Feature {
  return {
    used: (request) => request[name] !== undefined,
    without: (request) => ({ ...request, [name]: undefined }),
  }
}

function mapBlocks(request: ChatRequest, change: (block: Block) => Block[]): ChatRequest {
  const messages: Message[] = request.messages.map((message) => ({
    ...message,
    content: message.content.flatMap(change),
  }))
  // A message that only held what is dropped would be an empty message, which providers refuse.
  return {
    ...request,
    messages: messages.filter((message, i) => message.content.length > 0 || isEmpty(request, i)),
  }
}
const isEmpty = (request: ChatRequest, index: number): boolean =>
  request.messages[index]?.content.length === 0

/** A kind of content block, wherever it stands outside of tool results. */
function blocks(is: (block: Block) => boolean): Feature {
  return {
    used: (request) => request.messages.some((message) => message.content.some(is)),
    without: (request) => mapBlocks(request, (block) => (is(block) ? [] : [block])),
  }
}

/** A kind of content block inside tool results. */
function inToolResults(is: (block: Block) => boolean): Feature {
  const strip = (result: ToolResultBlock): ToolResultBlock => ({
    ...result,
    content: result.content.filter((block) => !is(block)),
  })
  return {
    used: (request) =>
      request.messages.some((message) =>
        message.content.some((block) => block.type === 'tool_result' && block.content.some(is)),
      ),
    without: (request) =>
      mapBlocks(request, (block) => (block.type === 'tool_result' ? [strip(block)] : [block])),
  }
}

/** A property of blocks (a cache mark, a citation list), wherever they stand. */
function blockProperty(has: (block: Block) => boolean, strip: (block: Block) => Block): Feature {
  return {
    used: (request) => request.messages.some((message) => message.content.some(has)),
    without: (request) => mapBlocks(request, (block) => [strip(block)]),
  }
}

/**
 * Blocks that only the dialect which made them can read. A table's `dropped` on such a row means that
 * another dialect's are dropped; a dialect's own always pass.
 */
function foreignBlocks(isForeign: (block: Block, target: DialectName) => boolean): Feature {
  return {
    used: (request, target) => someBlock(request, (block) => isForeign(block, target)),
    without: (request, target) =>
      mapBlocksDeep(request, (block) => (isForeign(block, target) ? [] : [block])),
  }
}

/** Also looks at what tool results hold. */
function someBlock(request: ChatRequest, is: (block: Block) => boolean): boolean {
  return request.messages.some((message) =>
    message.content.some((block) => is(block) || (block.type === 'tool_result' && block.content.some(is))),
  )
}

function mapBlocksDeep(request: ChatRequest, change: <T extends Block>(block: T) => T[]): ChatRequest {
  return mapBlocks(request, (block) =>
    change(block).map((kept) =>
      kept.type === 'tool_result'
        ? { ...kept, content: kept.content.flatMap((inner) => change(inner)) }
        : kept,
    ),
  )
}
const isAnothers = (opaque: Opaque | undefined, target: DialectName) => opaque?.dialect !== target
const isFile = (block: Block) =>
  (block.type === 'image' || block.type === 'document') && block.source.kind === 'file'
    ? block.source
    : undefined

const source = (type: 'image' | 'document', kind: string) => (block: Block) =>
  block.type === type && block.source.kind === kind

export const chatFeatures = {
  max_output_tokens: field('maxOutputTokens'),
  temperature: field('temperature'),
  top_p: field('topP'),
  top_k: field('topK'),
  min_p: field('minP'),
  stop: field('stop'),
  seed: field('seed'),
  n: {
    used: (request) => request.n !== undefined && request.n !== 1,
    without: (request) => ({ ...request, n: undefined }),
  },
  frequency_penalty: field('frequencyPenalty'),
  presence_penalty: field('presencePenalty'),
  logit_bias: field('logitBias'),
  logprobs: {
    used: (request) => request.logprobs === true,
    without: (request) => ({ ...request, logprobs: undefined }),
  },
  top_logprobs: field('topLogprobs'),
  user: field('user'),
  metadata: field('metadata'),
  service_tier: field('serviceTier'),
  verbosity: field('verbosity'),
  prompt_cache_key: field('promptCacheKey'),
  safety_identifier: field('safetyIdentifier'),
  store: {
    // Not to be stored is what every other API does anyway.
    used: (request) => request.store === true,
    without: (request) => ({ ...request, store: undefined }),
  },
  modalities: {
    used: (request) => request.modalities?.some((modality) => modality !== 'text') ?? false,
    without: (request) => ({ ...request, modalities: undefined }),
  },
  thinking: field('thinking'),
  tools: {
    used: (request) => request.tools?.some((tool) => tool.type === 'function') ?? false,
    without: (request) => ({ ...request, tools: request.tools?.filter((tool) => tool.type !== 'function') }),
  },
  strict_tools: {
    used: (request) =>
      request.tools?.some((tool) => tool.type === 'function' && tool.strict === true) ?? false,
    without: (request) => ({
      ...request,
      tools: request.tools?.map((tool) => (tool.type === 'function' ? { ...tool, strict: undefined } : tool)),
    }),
  },
  tool_choice: field('toolChoice'),
  parallel_tool_calls: field('parallelToolCalls'),
  json_object: {
    used: (request) => request.responseFormat?.type === 'json_object',
    without: (request) => ({ ...request, responseFormat: undefined }),
  },
  json_schema: {
    used: (request) => request.responseFormat?.type === 'json_schema',
    without: (request) => ({ ...request, responseFormat: undefined }),
  },
  participant_name: {
    used: (request) => request.messages.some((message) => message.name !== undefined),
    without: (request) => ({
      ...request,
      messages: request.messages.map((message) => ({ ...message, name: undefined })),
    }),
  },
  image_base64: blocks(source('image', 'base64')),
  image_url: blocks(source('image', 'url')),
  image_detail: blockProperty(
    (block) => block.type === 'image' && block.detail !== undefined && block.detail !== 'auto',
    (block) => (block.type === 'image' ? { ...block, detail: undefined } : block),
  ),
  document_base64: blocks(source('document', 'base64')),
  document_url: blocks(source('document', 'url')),
  document_text: blocks(source('document', 'text')),
  audio: blocks((block) => block.type === 'audio'),
  tool_result_image: inToolResults((block) => block.type === 'image'),
  tool_result_document: inToolResults((block) => block.type === 'document'),
  tool_result_error: blockProperty(
    (block) => block.type === 'tool_result' && block.isError === true,
    (block) => (block.type === 'tool_result' ? { ...block, isError: undefined } : block),
  ),
  /** Thinking, signed or not, goes back only to the dialect that made it. */
  foreign_thinking: foreignBlocks(
    (block, target) =>
      (block.type === 'thinking' && isAnothers(block.signature, target)) ||
      (block.type === 'redacted_thinking' && isAnothers(block.data, target)),
  ),
  /** A file id means something only to the provider that gave it. */
  foreign_file: foreignBlocks((block, target) => {
    const file = isFile(block)
    return file !== undefined && file.dialect !== target
  }),
  foreign_block: foreignBlocks((block, target) => block.type === 'opaque' && isAnothers(block.block, target)),
  foreign_tool: {
    used: (request, target) =>
      request.tools?.some((tool) => tool.type === 'opaque' && isAnothers(tool.tool, target)) ?? false,
    without: (request, target) => ({
      ...request,
      tools: request.tools?.filter((tool) => tool.type !== 'opaque' || !isAnothers(tool.tool, target)),
    }),
  },
  cache_control: {
    used: (request) =>
      someBlock(request, (block) => 'cache' in block && block.cache !== undefined) ||
      (request.tools?.some((tool) => tool.type === 'function' && tool.cache) ?? false),
    without: (request) => ({
      ...mapBlocksDeep(request, (block) => ['cache' in block ? { ...block, cache: undefined } : block]),
      tools: request.tools?.map((tool) => (tool.type === 'function' ? { ...tool, cache: undefined } : tool)),
    }),
  },
} satisfies Record<string, Feature>

export type ChatFeature = keyof typeof chatFeatures

/** What a dialect makes of a feature: carried as it is, carried with a change (which), or not at all. */
export type Carriage = 'carried' | { changed: string } | 'dropped'

export interface FeatureRow {
  /** The feature's field as this dialect writes it, `null` where it has none. Named in `x-gateway-dropped`. */
  field: string | null
  carriage: Carriage
}

export type FeatureTable = Readonly<Record<ChatFeature, FeatureRow>>

/**
 * The request as the target's dialect can carry it, and the caller's names of what it cannot.
 * `lost` is in the order of the table and holds each name once; fields that only the route's
 * dialect knows (`extensions`) come last.
 */
export function carry(
  request: ChatRequest,
  route: FeatureTable,
  target: { name: DialectName; features: FeatureTable },
): { request: ChatRequest; lost: string[] } {
  const lost = new Set<string>()
  let carried = request
  for (const [name, feature] of droppedBy(target.features)) {
    if (!feature.used(carried, target.name)) continue
    lost.add(route[name].field ?? name)
    carried = feature.without(carried, target.name)
  }
  if (carried.extensions && carried.extensions.dialect !== target.name) {
    for (const field of Object.keys(carried.extensions.fields)) lost.add(field)
    carried = { ...carried, extensions: undefined }
  }
  return { request: carried, lost: [...lost] }
}

const dropped = new WeakMap<FeatureTable, readonly [ChatFeature, Feature][]>()

/** What a table drops, in the table's order; found once for each. */
function droppedBy(table: FeatureTable): readonly [ChatFeature, Feature][] {
  const known = dropped.get(table)
  if (known) return known
  const features = Object.entries(chatFeatures) as [ChatFeature, Feature][]
  const found = features.filter(([name]) => table[name].carriage === 'dropped')
  dropped.set(table, found)
  return found
}

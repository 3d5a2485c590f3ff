import type { Block, ChatRequest, Message, Thinking, Tool } from '../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'

/**
 * What a request asks for, without what two writers of the same meaning write differently: texts in one block or
 * several messages, defaults said or left out, system messages at the front or where they stood.
 */
export interface RequestMeaning extends JsonObject {
  system: JsonObject[]
  turns: { role: string; content: JsonObject[] }[]
  tools: JsonObject[]
}

export function requestMeaning(request: ChatRequest): RequestMeaning {
  const {
    messages,
    tools,
    toolChoice,
    parallelToolCalls,
    responseFormat,
    includeUsage: _usage,
    ...rest
  } = request
  const { n, extensions, ...plain } = rest
  const functions = (tools ?? []).map((tool) =>
    tool.type === 'function' ? toolMeaning(tool) : { opaque: tool.tool },
  )
  return withoutAbsent({
    ...plain,
    system: messages.filter(isSystem).flatMap(contentMeaning),
    turns: turnsOf(messages.filter((message) => !isSystem(message))),
    tools: functions,
    toolChoice: functions.length > 0 && toolChoice?.type !== 'auto' ? toolChoice : undefined,
    oneCallAtATime: functions.length > 0 && parallelToolCalls === false ? true : undefined,
    // A schema's name, description and strictness exist in OpenAI's dialect alone.
    format:
      responseFormat?.type === 'json_schema'
        ? { schema: responseFormat.schema }
        : formatWord(responseFormat?.type),
    n: n === 1 ? undefined : n,
    topP: rest.topP === 1 ? undefined : rest.topP,
    store: rest.store || undefined,
    thinking: rest.thinking && thinkingMeaning(rest.thinking),
    extensions: extensions && Object.keys(extensions.fields).length > 0 ? extensions.fields : undefined,
  }) as RequestMeaning
}

/** Summaries are what is shown where nothing else is asked for. */
const thinkingMeaning = ({ display, ...thinking }: Thinking): JsonObject => ({
  ...thinking,
  display: display === 'summarized' ? undefined : display,
})

const isSystem = ({ role }: Message): boolean => role === 'system' || role === 'developer'
const formatWord = (type: string | undefined): string | undefined => (type === 'text' ? undefined : type)

const toolMeaning = ({ name, description, parameters, strict, cache }: Tool): JsonObject => ({
  name,
  description: description || undefined,
  parameters: { type: 'object', properties: {}, ...(parameters as object | undefined) },
  strict: strict || undefined,
  cache,
})

/** Messages of one role in a row are one turn, in which tool results come first. */
function turnsOf(messages: readonly Message[]): RequestMeaning['turns'] {
  const turns: RequestMeaning['turns'] = []
  for (const message of messages) {
    const content = contentMeaning(message)
    if (content.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === message.role) last.content.push(...content)
    else turns.push({ role: message.role, content })
  }
  for (const turn of turns) {
    const isFirst = ({ type }: JsonObject) =>
      type === 'tool_result' || type === 'thinking' || type === 'redacted_thinking'
    const calls = turn.content.filter(({ type }) => type === 'tool_call')
    const others = turn.content.filter((block) => !isFirst(block) && block.type !== 'tool_call')
    turn.content = [...turn.content.filter(isFirst), ...others, ...calls]
  }
  return turns
}

function contentMeaning(message: Message): JsonObject[] {
  const blocks = message.content.flatMap((block) => blockMeaning(block, message))
  return message.role === 'assistant' ? joined(blocks) : blocks
}

/** An assistant's texts in a row are one where a message has a text and not a list. */
function joined(blocks: JsonObject[]): JsonObject[] {
  const whole: JsonObject[] = []
  for (const block of blocks) {
    const last = whole.at(-1)
    const joins = isPlain(block) && last !== undefined && isPlain(last)
    if (joins) whole[whole.length - 1] = { ...last, text: `${last.text as string}${block.text as string}` }
    else whole.push(block)
  }
  return whole
}
const isPlain = ({ type, cache, citations, name }: JsonObject): boolean =>
  type === 'text' && cache === undefined && citations === undefined && name === undefined

function blockMeaning(block: Block, { name }: Message): JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal': {
      const { cache, citations } = block.type === 'text' ? block : {}
      return block.text === '' ? [] : [{ type: 'text', text: block.text, name, cache, citations }]
    }
    case 'tool_call':
      return [{ ...block, arguments: JSON.parse(block.arguments || '{}') as unknown, kind: undefined }]
    case 'tool_result':
      return [
        {
          ...block,
          isError: block.isError || undefined,
          content: block.content.flatMap((part) => blockMeaning(part, emptyMessage)),
        },
      ]
    case 'image':
      return [{ ...block, detail: block.detail === 'auto' ? undefined : block.detail }]
    case 'document':
      // A document of plain text is a text where there are no such documents.
      if (block.source.kind !== 'text') return [{ ...block, title: fileName(block.title) }]
      return [
        {
          type: 'text',
          text: `${block.title === undefined ? '' : `${block.title}\n\n`}${block.source.text}`,
        },
      ]
    default:
      return [{ ...block }]
  }
}
/** OpenAI's parts demand a name; this one stands for none. */
const fileName = (title: string | undefined) => (title === 'document.pdf' ? undefined : title)

const emptyMessage: Message = { role: 'user', content: [] }

/** Absent fields are not there, at any depth but in schemas and arguments. */
export function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent)
  if (!isObject(value)) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutAbsent(field)]))
}

type Removal = (meaning: RequestMeaning) => void

const field =
  (name: string): Removal =>
  (meaning) =>
    void delete meaning[name]

function everyBlock(change: (block: JsonObject) => JsonObject | undefined): Removal {
  const changed = (blocks: JsonObject[]): JsonObject[] =>
    blocks.flatMap((block) => {
      const kept = change(block)
      if (!kept) return []
      return [
        Array.isArray(kept.content) ? { ...kept, content: changed(kept.content as JsonObject[]) } : kept,
      ]
    })
  return (meaning) => {
    meaning.system = changed(meaning.system)
    meaning.turns = meaning.turns.map(({ role, content }) => ({ role, content: changed(content) }))
  }
}

const withoutThinking = everyBlock((block) =>
  block.type === 'thinking' || block.type === 'redacted_thinking' ? undefined : block,
)
const withoutCache = ({ cache: _cache, ...rest }: JsonObject): JsonObject => rest
const fromFile = ({ source }: JsonObject): boolean => isObject(source) && source.kind === 'file'

/** What is gone from a request when a loss of this name is told. */
const removals: Readonly<Record<string, Removal>> = {
  cache_control: (meaning) => {
    everyBlock(withoutCache)(meaning)
    meaning.tools = meaning.tools.map(withoutCache)
    delete (meaning.extensions as JsonObject | undefined)?.cache_control
    if (Object.keys(meaning.extensions ?? {}).length === 0) delete meaning.extensions
  },
  foreign_file: everyBlock((block) => (fromFile(block) ? undefined : block)),
  'messages[].content[].file.file_id': everyBlock((block) => (fromFile(block) ? undefined : block)),
  foreign_block: everyBlock((block) => (block.type === 'opaque' ? undefined : block)),
  foreign_tool: (meaning) => void (meaning.tools = meaning.tools.filter(({ opaque }) => !opaque)),
  'tools[].defer_loading': () => {},
  logprobs: field('logprobs'),
  top_logprobs: field('topLogprobs'),
  prompt_cache_key: field('promptCacheKey'),
  safe_prompt: field('extensions'),
  web_search_options: field('extensions'),
  response_format: field('format'),
  temperature: field('temperature'),
  // The wish, and on the Messages route the blocks.
  thinking: (meaning) => {
    field('thinking')(meaning)
    withoutThinking(meaning)
  },
  'messages[].reasoning_content': (meaning) => withoutThinking(meaning),
  'input[].reasoning': (meaning) => withoutThinking(meaning),
  max_output_tokens: field('maxOutputTokens'),
  seed: field('seed'),
  stop: field('stop'),
  tool_choice: field('toolChoice'),
  service_tier: field('serviceTier'),
  tools: (meaning) => void (meaning.tools = meaning.tools.filter(({ opaque }) => !opaque)),
  'messages[].content': everyBlock((block) => (block.type === 'opaque' ? undefined : block)),
  // These stand beside what is read, so nothing of them is left anyway.
  'tools[].fileSearch': () => {},
  'tools[].googleSearch': () => {},
  safetySettings: () => {},
  modelArmorConfig: () => {},
  guardrailConfig: () => {},
  keepAlive: () => {},
  'toolConfig.tools[].systemTool': () => {},
  'messages[].content[].citationsContent': () => {},
  citations: everyBlock(({ citationsEnabled: _citations, ...rest }) => rest),
  'document context': everyBlock(({ context: _context, ...rest }) => rest),
  'reasoning.context': field('extensions'),
  max_tokens: field('maxOutputTokens'),
  provider: () => {},
}

/** The request without what the losses of these names take away. */
export function withoutNamed(meaning: RequestMeaning, lost: readonly string[]): RequestMeaning {
  const left = structuredClone(meaning)
  for (const name of lost) {
    const remove = removals[name]
    if (!remove) throw new Error(`nobody has said here what the loss of ${name} takes away`)
    remove(left)
  }
  return left
}

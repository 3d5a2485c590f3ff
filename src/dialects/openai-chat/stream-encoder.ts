import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamEncoder } from '../dialect.ts'
import { list, writeFinish, writeLogprobs, writeTier } from './answer.ts'
import { noArguments, ownExtensions, writeCall, writeOwnBlock } from './response.ts'
import { writeThinkingBlock } from './thinking-blocks.ts'
import { writeUsage } from './usage.ts'

/** The frame after the last chunk of a whole answer. */
export const terminator: readonly Frame[] = Object.freeze([Object.freeze({ data: '[DONE]' })])

const none: readonly Frame[] = []

/** What a choice's chunks must remember of its blocks. */
interface ChoiceState {
  calls: Map<number, { index: number; isCustom: boolean; hasArguments: boolean }>
  /** Thinking under way: written whole when its block stops, if it was signed. */
  thinking: Map<number, Extract<Block, { type: 'thinking' }>>
  thinkingBlocks: number
  hasRefusal: boolean
}

/** Writes the chunks of a chat completion; their unchanging parts are made into text once. */
export class StreamEncoder implements ChatStreamEncoder {
  readonly #includeUsage: boolean
  readonly #now: number
  readonly #choices = new Map<number, ChoiceState>()
  #head = ''
  #tail: string
  #late: JsonObject = {}
  #hasLate = false
  #usage: Usage | undefined

  constructor(options: { includeUsage: boolean; now: number }) {
    this.#includeUsage = options.includeUsage
    this.#now = options.now
    this.#tail = options.includeUsage ? '],"usage":null}' : ']}'
  }

  push(event: ChatEvent): readonly Frame[] {
    switch (event.type) {
      case 'start':
        return this.#start(event)
      case 'block_delta':
        return this.#delta(event.choice, event.index, event.delta)
      case 'block_start':
        return this.#blockStart(event.choice, event.index, event.block)
      case 'block_stop':
        return this.#blockStop(event.choice, event.index)
      case 'logprobs':
        return [this.#chunk(event.choice, '{}', JSON.stringify(writeLogprobs(event.logprobs)))]
      case 'finish': {
        const frames: Frame[] = []
        const { calls, hasRefusal } = this.#choice(event.choice, '""', frames)
        const word = writeFinish(event.finish, { calls: calls.size > 0, refusal: hasRefusal })
        frames.push(this.#chunk(event.choice, '{}', 'null', `"${word}"`))
        return frames
      }
      case 'usage':
        this.#usage = event.usage
        return none
      case 'extensions':
        if (event.extensions.dialect === 'openai-chat') this.#keepForNextChunk(event.extensions.fields)
        return none
      case 'end':
        return this.#end()
      default:
        return none
    }
  }

  #start(event: Extract<ChatEvent, { type: 'start' }>): readonly Frame[] {
    const head: JsonObject = {
      id: event.id,
      object: 'chat.completion.chunk',
      created: event.created ?? this.#now,
      model: event.model,
      service_tier: writeTier(event.serviceTier),
      system_fingerprint: event.systemFingerprint,
    }
    this.#head = `${JSON.stringify(head).slice(0, -1)},"choices":[`
    if (event.extensions?.dialect === 'openai-chat') this.#keepForNextChunk(event.extensions.fields)
    return none
  }

  #keepForNextChunk(fields: JsonObject): void {
    Object.assign(this.#late, ownExtensions(fields))
    this.#hasLate = Object.keys(this.#late).length > 0
  }

  #blockStart(choice: number, index: number, block: Block): readonly Frame[] {
    const frames: Frame[] = []
    // Content is null beside calls and refusals in a whole answer, so the first chunk says it like that.
    const isText = block.type === 'text' || block.type === 'thinking' || block.type === 'redacted_thinking'
    const state = this.#choice(choice, isText ? '""' : 'null', frames)
    switch (block.type) {
      case 'text':
        if (block.text !== '') frames.push(this.#chunk(choice, `{"content":${JSON.stringify(block.text)}}`))
        if (block.citations) frames.push(...this.#cite(choice, block.citations))
        break
      case 'thinking':
        state.thinking.set(index, { ...block, text: '' })
        if (block.text !== '')
          frames.push(...this.#delta(choice, index, { type: 'thinking', text: block.text }))
        break
      case 'redacted_thinking':
        frames.push(...this.#thinkingBlock(choice, state, block))
        break
      case 'refusal':
        state.hasRefusal = true
        if (block.text !== '') frames.push(this.#chunk(choice, `{"refusal":${JSON.stringify(block.text)}}`))
        break
      case 'tool_call': {
        const hasArguments = block.arguments !== ''
        const call = { index: state.calls.size, isCustom: block.kind === 'custom', hasArguments }
        state.calls.set(index, call)
        frames.push(
          this.#chunk(choice, JSON.stringify({ tool_calls: [{ index: call.index, ...writeCall(block) }] })),
        )
        break
      }
      case 'opaque': {
        const own = JSON.stringify(writeOwnBlock(block.block))
        if (own !== '{}') frames.push(this.#chunk(choice, own))
        break
      }
      // A message of this dialect has no place for these.
      case 'image':
      case 'document':
      case 'audio':
      case 'tool_result':
        break
    }
    return frames
  }

  #delta(choice: number, index: number, delta: BlockDelta): readonly Frame[] {
    switch (delta.type) {
      case 'text':
        return [this.#chunk(choice, `{"content":${JSON.stringify(delta.text)}}`)]
      case 'arguments':
        return [this.#arguments(choice, index, delta.text)]
      case 'thinking': {
        const block = this.#choices.get(choice)?.thinking.get(index)
        if (block) block.text += delta.text
        return [this.#chunk(choice, `{"reasoning_content":${JSON.stringify(delta.text)}}`)]
      }
      case 'signature': {
        const block = this.#choices.get(choice)?.thinking.get(index)
        if (block) block.signature = delta.signature
        return none
      }
      case 'refusal':
        return [this.#chunk(choice, `{"refusal":${JSON.stringify(delta.text)}}`)]
      case 'citation':
        return this.#cite(choice, delta.citation)
    }
  }

  #blockStop(choice: number, index: number): readonly Frame[] {
    const state = this.#choices.get(choice)
    const call = state?.calls.get(index)
    if (call && !call.isCustom && !call.hasArguments) return [this.#arguments(choice, index, noArguments)]
    const block = state?.thinking.get(index)
    if (!state || !block) return none
    state.thinking.delete(index)
    return this.#thinkingBlock(choice, state, block)
  }

  /** Whole, and with its index: the Python SDK joins lists of objects by that field and fails without it. */
  #thinkingBlock(
    choice: number,
    state: ChoiceState,
    block: Extract<Block, { type: 'thinking' | 'redacted_thinking' }>,
  ): readonly Frame[] {
    const entry = writeThinkingBlock(block)
    if (!entry) return none
    const delta = { thinking_blocks: [{ index: state.thinkingBlocks++, ...entry }] }
    return [this.#chunk(choice, JSON.stringify(delta))]
  }

  #arguments(choice: number, index: number, pieces: string): Frame {
    const call = this.#choices.get(choice)?.calls.get(index)
    if (call && pieces !== '') call.hasArguments = true
    const text = JSON.stringify(pieces)
    const piece = call?.isCustom ? `"custom":{"input":${text}}` : `"function":{"arguments":${text}}`
    return this.#chunk(choice, `{"tool_calls":[{"index":${call?.index ?? 0},${piece}}]}`)
  }

  #cite(choice: number, citation: { dialect: string; value: unknown }): readonly Frame[] {
    if (citation.dialect !== 'openai-chat') return none
    return [this.#chunk(choice, JSON.stringify({ annotations: list(citation.value) }))]
  }

  /** The choice's state; the first time, the chunk that says the role goes before everything else. */
  #choice(choice: number, content: string, frames: Frame[]): ChoiceState {
    let state = this.#choices.get(choice)
    if (!state) {
      state = { calls: new Map(), thinking: new Map(), thinkingBlocks: 0, hasRefusal: false }
      this.#choices.set(choice, state)
      frames.push(this.#chunk(choice, `{"role":"assistant","content":${content},"refusal":null}`))
    }
    return state
  }

  #chunk(choice: number, delta: string, logprobs = 'null', finish = 'null'): Frame {
    const body = `${this.#head}{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}`
    return { data: body + (this.#hasLate ? this.#tailWithLate() : this.#tail) }
  }

  #tailWithLate(): string {
    const late = JSON.stringify(this.#late).slice(1)
    this.#late = {}
    this.#hasLate = false
    return `${this.#tail.slice(0, -1)},${late}`
  }

  #end(): readonly Frame[] {
    if (!this.#includeUsage || !this.#usage) return terminator
    const usage = JSON.stringify(writeUsage(this.#usage))
    const late = this.#hasLate ? `,${JSON.stringify(this.#late).slice(1)}` : '}'
    return [{ data: `${this.#head}],"usage":${usage}${late}` }, ...terminator]
  }
}

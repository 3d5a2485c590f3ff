import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { decodeException } from '../bedrock-error.ts'
import { decodeEventExtensions, decodeFinish, envelope, notOfThisDialect } from './response.ts'
import { type OpenBlock, openBlock } from './stream-block.ts'
import { decodeUsage } from './usage.ts'

interface ToldBlock {
  open: OpenBlock
  /** Position among the blocks of the answer; `undefined` until it has been told. */
  index: number | undefined
}

const none: readonly ChatEvent[] = []

/**
 * Frames of a ConverseStream to events. The answer is whole with `messageStop`; the usage comes after it, in
 * `metadata`, so that the end is told only then, or when the connection closes. Text and reasoning have no
 * `contentBlockStart`, a guardrail may stop a block twice, and a block may go on after its stop: as another one.
 */
export class ConverseStreamDecoder implements ChatStreamDecoder {
  finished = false
  #started = false
  #over = false
  #blocks = 0
  #calledTools = false
  readonly #open = new Map<unknown, ToldBlock>()

  push(frame: Frame): readonly ChatEvent[] {
    if (this.#over) return none
    if (frame.isException) return this.#fail(frame)
    switch (frame.event) {
      case 'contentBlockDelta':
        return this.#delta(this.#read(frame))
      case 'contentBlockStart':
        return this.#blockStart(this.#read(frame))
      case 'contentBlockStop':
        return this.#blockStop(this.#read(frame).contentBlockIndex)
      case 'messageStart':
        return this.#start()
      case 'messageStop':
        return this.#messageStop(this.#read(frame))
      case 'metadata':
        return this.#metadata(this.#read(frame))
      case undefined:
        throw notOfThisDialect('a message without a type')
      default:
        return none
    }
  }

  close(): readonly ChatEvent[] {
    if (!this.finished || this.#over) return none
    this.#over = true
    return [{ type: 'end' }]
  }

  #read(frame: Frame): JsonObject {
    if (!this.#started) throw notOfThisDialect(`\`${frame.event}\` before \`messageStart\``)
    const event = parseJson(frame.data)
    if (!isObject(event)) throw notOfThisDialect('an event is not an object')
    return event
  }

  #start(): ChatEvent[] {
    if (this.#started) throw notOfThisDialect('a second `messageStart`')
    this.#started = true
    return [{ type: 'start', ...envelope }]
  }

  #blockStart(event: JsonObject): ChatEvent[] {
    const before = this.#blockStop(event.contentBlockIndex)
    const open = isObject(event.start) ? openBlock(event.start) : undefined
    return open ? [...before, ...this.#take(event.contentBlockIndex, open)] : before
  }

  #take(at: unknown, open: OpenBlock): ChatEvent[] {
    const told: ToldBlock = { open, index: undefined }
    this.#open.set(at, told)
    return open.block ? [this.#tell(told, open.block)] : []
  }

  #tell(told: ToldBlock, block: Block): ChatEvent {
    told.index = this.#blocks++
    this.#calledTools ||= block.type === 'tool_call'
    return { type: 'block_start', choice: 0, index: told.index, block }
  }

  #delta({ contentBlockIndex: at, delta }: JsonObject): readonly ChatEvent[] {
    if (this.finished) throw notOfThisDialect('a delta after `messageStop`')
    if (!isObject(delta)) throw notOfThisDialect('a delta is not an object')
    const started = this.#open.has(at) ? [] : this.#implicitStart(at, delta)
    const told = this.#open.get(at)
    return told ? [...started, ...deltaEvents(told, told.open.grow(delta))] : started
  }

  /** Nothing for an empty delta, which would begin an empty block. */
  #implicitStart(at: unknown, delta: JsonObject): ChatEvent[] {
    if (delta.toolUse !== undefined) throw notOfThisDialect('a piece of a call that has not begun')
    const open = openBlock(delta)
    return open ? this.#take(at, open) : []
  }

  #blockStop(at: unknown): ChatEvent[] {
    const told = this.#open.get(at)
    if (!told) return []
    this.#open.delete(at)
    const { deltas, block } = told.open.close()
    const events = [...deltaEvents(told, deltas)]
    if (block && told.index === undefined) events.push(this.#tell(told, block))
    if (told.index !== undefined) events.push({ type: 'block_stop', choice: 0, index: told.index })
    return events
  }

  #messageStop(event: JsonObject): readonly ChatEvent[] {
    if (this.finished) return none
    const closing = [...this.#open.keys()].flatMap((at) => this.#blockStop(at))
    this.finished = true
    const finish = decodeFinish(event, this.#calledTools)
    return [...closing, { type: 'finish', choice: 0, finish }, ...extensionEvents(event)]
  }

  #metadata(event: JsonObject): ChatEvent[] {
    const usage = decodeUsage(event.usage)
    const events: ChatEvent[] = usage ? [{ type: 'usage', usage }] : []
    events.push(...extensionEvents(event))
    return this.finished ? [...events, ...this.close()] : events
  }

  /** After `messageStop` the answer is whole, and only its usage is missing. */
  #fail(frame: Frame): readonly ChatEvent[] {
    if (this.finished) return this.close()
    this.#over = true
    return [{ type: 'error', error: decodeException(frame) }]
  }
}

const deltaEvents = ({ index }: ToldBlock, deltas: readonly BlockDelta[]): ChatEvent[] =>
  index === undefined ? [] : deltas.map((delta) => ({ type: 'block_delta', choice: 0, index, delta }))

function extensionEvents(event: JsonObject): ChatEvent[] {
  const extensions = decodeEventExtensions(event)
  return extensions ? [{ type: 'extensions', extensions }] : []
}

import type { RefusalBlock, TextBlock } from '../../canonical/chat.ts'
import type { BlockDelta } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { added, done, type BlockWriter, type ItemStatus, type OutputItem, type Place } from './output-item.ts'
import { list, own } from './types.ts'

/** A message: neighbouring texts and refusals are its parts. */
export class MessageItem implements OutputItem {
  readonly #place: Place
  readonly #parts: (TextPart | RefusalPart)[] = []

  constructor(place: Place) {
    this.#place = place
    added(place, this.#message([], 'in_progress'))
  }

  get isStopped(): boolean {
    return this.#parts.every((part) => part.isStopped)
  }

  begin(block: TextBlock | RefusalBlock): TextPart | RefusalPart {
    const place = { ...this.#place, contentIndex: this.#parts.length }
    const part = block.type === 'text' ? new TextPart(place, block) : new RefusalPart(place, block)
    this.#parts.push(part)
    return part
  }

  close(status: ItemStatus): JsonObject {
    for (const part of this.#parts) part.stop()
    const content = this.#parts.map((part) => part.part())
    return done(this.#place, this.#message(content, status))
  }

  #message(content: JsonObject[], status: string): JsonObject {
    return { type: 'message', id: this.#place.id, status, role: 'assistant', content }
  }
}

interface PartPlace extends Place {
  contentIndex: number
}

function emitIn({ id, outputIndex, contentIndex, emit }: PartPlace, type: string, fields: JsonObject): void {
  emit(type, { item_id: id, output_index: outputIndex, content_index: contentIndex, ...fields })
}

export class TextPart implements BlockWriter {
  isStopped = false
  readonly #place: PartPlace
  readonly #annotations: unknown[] = []
  readonly #logprobs: JsonObject[] = []
  #text = ''

  constructor(place: PartPlace, block: TextBlock) {
    this.#place = place
    emitIn(place, 'response.content_part.added', { part: this.part() })
    this.append({ type: 'text', text: block.text })
    if (block.citations) this.append({ type: 'citation', citation: block.citations })
  }

  append(delta: BlockDelta): void {
    if (delta.type === 'citation') for (const each of list(own(delta.citation))) this.#annotate(each)
    if (delta.type === 'text' && delta.text !== '') this.#say(delta.text, [])
  }

  /** Log probabilities of what was said last; they come after their text, so they go with an empty piece. */
  rate(logprobs: unknown): void {
    const tokens = isObject(logprobs) ? list(logprobs.content).filter(isObject).map(writeToken) : []
    if (tokens.length === 0) return
    this.#logprobs.push(...tokens)
    this.#say('', tokens)
  }

  stop(): void {
    if (this.isStopped) return
    this.isStopped = true
    emitIn(this.#place, 'response.output_text.done', { text: this.#text, logprobs: [...this.#logprobs] })
    emitIn(this.#place, 'response.content_part.done', { part: this.part() })
  }

  part(): JsonObject {
    const annotations = [...this.#annotations]
    return { type: 'output_text', text: this.#text, annotations, logprobs: [...this.#logprobs] }
  }

  #say(delta: string, logprobs: JsonObject[]): void {
    this.#text += delta
    emitIn(this.#place, 'response.output_text.delta', { delta, logprobs })
  }

  #annotate(annotation: unknown): void {
    const fields = { annotation_index: this.#annotations.length, annotation }
    this.#annotations.push(annotation)
    emitIn(this.#place, 'response.output_text.annotation.added', fields)
  }
}

class RefusalPart implements BlockWriter {
  isStopped = false
  readonly #place: PartPlace
  #text = ''

  constructor(place: PartPlace, block: RefusalBlock) {
    this.#place = place
    emitIn(place, 'response.content_part.added', { part: this.part() })
    this.append({ type: 'refusal', text: block.text })
  }

  append(delta: BlockDelta): void {
    if (delta.type !== 'refusal' || delta.text === '') return
    this.#text += delta.text
    emitIn(this.#place, 'response.refusal.delta', { delta: delta.text })
  }

  stop(): void {
    if (this.isStopped) return
    this.isStopped = true
    emitIn(this.#place, 'response.refusal.done', { refusal: this.#text })
    emitIn(this.#place, 'response.content_part.done', { part: this.part() })
  }

  part(): JsonObject {
    return { type: 'refusal', refusal: this.#text }
  }
}

/** A token of the chat API, where lists may be null. */
function writeToken({ token, logprob, bytes, top_logprobs: top }: JsonObject): JsonObject {
  const alternatives = list(top).filter(isObject)
  return {
    token,
    logprob,
    bytes: bytes ?? [],
    top_logprobs: alternatives.map((each) => ({
      token: each.token,
      logprob: each.logprob,
      bytes: each.bytes ?? [],
    })),
  }
}

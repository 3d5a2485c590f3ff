import type { Block, ChatResponse, Choice, Finish, Opaque } from '../../src/canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../src/canonical/chat-events.ts'
import { isObject } from '../../src/canonical/json.ts'

/**
 * The answer that a stream's events tell.
 *
 * Invariant: for the events of a complete answer, `accumulate(events)` equals what the same dialect's
 * `decodeResponse` makes of that answer's JSON form. Choices come in order of their index; a usage replaces
 * the one before it; late extensions are merged over those of `start`. Events and their blocks are not changed.
 *
 * @throws Error for an order that `chat-events.ts` forbids, for an `error` event, and for a stream without `end`.
 */
export function accumulate(events: Iterable<ChatEvent>): ChatResponse {
  const answer = new Answer()
  for (const event of events) answer.take(event)
  return answer.whole()
}

interface OpenChoice {
  content: Block[]
  open: Set<number>
  finish?: Finish
  logprobs?: unknown
}

class Answer {
  #response: ChatResponse | undefined
  readonly #choices = new Map<number, OpenChoice>()
  #ended = false

  take(event: ChatEvent): void {
    if (this.#ended) throw new Error(`event \`${event.type}\` after \`end\``)
    if (event.type === 'error') throw new Error(`the stream ended with an error: ${event.error.message}`)
    if (event.type === 'start') return this.#start(event)
    const response = this.#response
    if (!response) throw new Error(`event \`${event.type}\` before \`start\``)
    switch (event.type) {
      case 'usage':
        response.usage = event.usage
        return
      case 'extensions':
        response.extensions = mergeExtensions(response.extensions, event.extensions)
        return
      case 'end':
        return this.#end()
      default:
        return takeInChoice(this.#choice(event.choice), event)
    }
  }

  whole(): ChatResponse {
    if (!this.#response || !this.#ended) throw new Error('the stream has no `end`')
    return this.#response
  }

  #start(event: Extract<ChatEvent, { type: 'start' }>): void {
    if (this.#response) throw new Error('a second `start`')
    const { type: _type, ...fields } = event
    this.#response = { ...fields, choices: [] }
  }

  #choice(index: number): OpenChoice {
    let choice = this.#choices.get(index)
    if (!choice) this.#choices.set(index, (choice = { content: [], open: new Set() }))
    return choice
  }

  #end(): void {
    this.#ended = true
    const choices = [...this.#choices].sort(([one], [other]) => one - other)
    this.#response!.choices = choices.map(([index, choice]) => closeChoice(index, choice))
  }
}

type ChoiceEvent = Extract<ChatEvent, { choice: number }>

function takeInChoice(choice: OpenChoice, event: ChoiceEvent): void {
  const place = `choice ${event.choice}`
  if (event.type === 'logprobs') {
    choice.logprobs = mergeLogprobs(choice.logprobs, event.logprobs)
    return
  }
  if (choice.finish) throw new Error(`event \`${event.type}\` after the \`finish\` of ${place}`)
  if (event.type === 'finish') {
    if (choice.open.size > 0)
      throw new Error(`\`finish\` of ${place} while block ${[...choice.open][0]} is open`)
    choice.finish = event.finish
    return
  }
  if (event.type === 'block_start') {
    if (event.index !== choice.content.length)
      throw new Error(`block ${event.index} of ${place} starts where block ${choice.content.length} is due`)
    choice.content.push({ ...event.block })
    choice.open.add(event.index)
    return
  }
  if (!choice.open.has(event.index))
    throw new Error(`event \`${event.type}\` for block ${event.index} of ${place}, which is not open`)
  if (event.type === 'block_stop') choice.open.delete(event.index)
  else appendDelta(choice.content[event.index]!, event.delta)
}

function appendDelta(block: Block, delta: BlockDelta): void {
  if (delta.type === 'text' && block.type === 'text') block.text += delta.text
  else if (delta.type === 'thinking' && block.type === 'thinking') block.text += delta.text
  else if (delta.type === 'signature' && block.type === 'thinking') block.signature = delta.signature
  else if (delta.type === 'arguments' && block.type === 'tool_call') block.arguments += delta.text
  else if (delta.type === 'refusal' && block.type === 'refusal') block.text += delta.text
  else if (delta.type === 'citation' && block.type === 'text')
    block.citations = appendCitation(block.citations, delta.citation)
  else throw new Error(`a \`${delta.type}\` delta for a \`${block.type}\` block`)
}

/** A citation delta holds one citation or an array of them; the block always holds an array. */
function appendCitation(known: Opaque | undefined, more: Opaque): Opaque {
  if (known && known.dialect !== more.dialect) throw new Error('citations of two dialects in one block')
  return { dialect: more.dialect, value: [...asArray(known?.value ?? []), ...asArray(more.value)] }
}
const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** OpenAI's shape: an object of token lists (`content`, `refusal`), each of which grows. */
function mergeLogprobs(known: unknown, more: unknown): unknown {
  if (!isObject(known) || !isObject(more)) return more ?? known
  const merged = { ...known }
  for (const [name, list] of Object.entries(more)) {
    const before = known[name]
    merged[name] =
      Array.isArray(before) && Array.isArray(list) ? [...before, ...list] : (list ?? before ?? null)
  }
  return merged
}

type Extensions = NonNullable<ChatResponse['extensions']>

function mergeExtensions(known: Extensions | undefined, more: Extensions): Extensions {
  if (known && known.dialect !== more.dialect) throw new Error('extensions of two dialects in one answer')
  return { dialect: more.dialect, fields: { ...known?.fields, ...more.fields } }
}

function closeChoice(index: number, choice: OpenChoice): Choice {
  if (!choice.finish) throw new Error(`choice ${index} has no \`finish\``)
  const closed: Choice = { index, content: choice.content, finish: choice.finish }
  if (choice.logprobs !== undefined) closed.logprobs = choice.logprobs
  return closed
}

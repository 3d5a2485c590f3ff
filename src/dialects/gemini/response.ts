import type { Block, ChatResponse, Choice } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import { isObject } from '../../canonical/json.ts'
import { AnswerDecoder, notAnAnswer } from './answer-decoder.ts'
import { decodeError, isErrorBody } from './error.ts'

/**
 * A whole answer is read as a stream of one frame, so that both are read alike.
 * @throws GatewayError `upstream_error` for an error under status 200, and for neither candidates nor a blocked prompt
 */
export function decodeResponse(body: unknown): ChatResponse {
  if (isErrorBody(body)) throw notAnAnswer(`it is an error: ${decodeError(200, body).message}`)
  if (!isObject(body)) throw notAnAnswer('it is no object')
  const decoder = new AnswerDecoder()
  const events = decoder.read(body)
  if (!decoder.hasAnswer) throw notAnAnswer('it has no candidates')
  return collect([...events, ...decoder.end()])
}

function collect(events: readonly ChatEvent[]): ChatResponse {
  const response: ChatResponse = { id: '', model: '', choices: [] }
  const choices = new Map<number, Partial<Choice> & { content: Block[] }>()
  const choiceAt = (index: number) => {
    const choice = choices.get(index) ?? { content: [] }
    choices.set(index, choice)
    return choice
  }
  for (const event of events) {
    switch (event.type) {
      case 'start': {
        const { type: _type, ...head } = event
        Object.assign(response, head)
        break
      }
      case 'block_start':
        choiceAt(event.choice).content.push(event.block)
        break
      case 'block_delta':
        grow(choiceAt(event.choice).content[event.index] as Block, event.delta)
        break
      case 'logprobs':
        choiceAt(event.choice).logprobs = event.logprobs
        break
      case 'finish':
        choiceAt(event.choice).finish = event.finish
        break
      case 'usage':
        response.usage = event.usage
        break
      case 'extensions':
        response.extensions = event.extensions
        break
      case 'block_stop':
      case 'error':
      case 'end':
    }
  }
  response.choices = [...choices]
    .sort(([one], [other]) => one - other)
    .map(([index, choice]) => ({ index, ...choice }) as Choice)
  return response
}

function grow(block: Block, delta: BlockDelta): void {
  if (delta.type === 'signature' && block.type === 'thinking') block.signature = delta.signature
  else if (delta.type === 'arguments' && block.type === 'tool_call') block.arguments += delta.text
  else if (delta.type === block.type && (block.type === 'text' || block.type === 'thinking'))
    block.text += (delta as { text: string }).text
}

import type { Block, ChatResponse, TextBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { argumentsOf, decodeCall, decodeFinish, isNoArguments } from './answer.ts'
import { decodeLogprobs } from './logprobs.ts'
import { failureWords, list, notOfThisDialect, opaque, text } from './types.ts'
import { decodeUsage } from './usage.ts'

/**
 * Reads `{id, message, finish_reason, usage, logprobs}`. Answers have no word for the model.
 * @throws GatewayError `upstream_error`, also for a generation that broke off (`ERROR`, `TIMEOUT`).
 */
export function decodeResponse(body: unknown): ChatResponse {
  if (!isObject(body) || !isObject(body.message)) throw notOfThisDialect('the answer has no message')
  if (failureWords.has(body.finish_reason)) throw notOfThisDialect('the generation broke off')
  const content = decodeMessage(body.message)
  const hasCalls = content.some((block) => block.type === 'tool_call')
  const logprobs = decodeLogprobs(body.logprobs)
  const usage = decodeUsage(body.usage)
  return {
    id: text(body.id),
    model: '',
    choices: [
      {
        index: 0,
        content,
        finish: decodeFinish(body.finish_reason, hasCalls),
        ...(logprobs && { logprobs }),
      },
    ],
    ...(usage && { usage }),
  }
}

/** Thinking, then the plan that led to the calls, which is shown as text, then what was said, then the calls. */
function decodeMessage(message: JsonObject): Block[] {
  const said = decodeContent(message.content)
  const plan = text(message.tool_plan)
  const planned: TextBlock[] = plan === '' ? [] : [{ type: 'text', text: plan }]
  const isThinking = (block: Block): boolean => block.type === 'thinking'
  const blocks: Block[] = [
    ...said.filter(isThinking),
    ...planned,
    ...said.filter((block) => !isThinking(block)),
  ]
  cite(blocks, planned[0], message.citations)
  for (const call of list(message.tool_calls)) {
    const block = decodeCall(call, blocks.length)
    const written = argumentsOf(call)
    blocks.push({ ...block, arguments: isNoArguments(written) ? '{}' : written })
  }
  return blocks
}

function decodeContent(content: unknown): Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return list(content).filter(isObject).flatMap(decodePart)
}

function decodePart(part: JsonObject): Block[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: text(part.text) }]
  if (part.type === 'thinking')
    return part.thinking === '' ? [] : [{ type: 'thinking', text: text(part.thinking) }]
  return [{ type: 'opaque', block: opaque(part) }]
}

/** Citations stand beside the content and belong to the plan or to the text, as they say. */
function cite(blocks: readonly Block[], plan: TextBlock | undefined, citations: unknown): void {
  const spoken = blocks.filter((block) => block.type === 'text')
  const said = spoken.find((block) => block !== plan) ?? plan
  for (const citation of list(citations)) {
    const block = isObject(citation) && citation.type === 'PLAN' ? (plan ?? said) : said
    if (block) block.citations = opaque([...list(block.citations?.value), citation])
  }
}

import type { Block, ChatResponse } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import {
  list,
  notAnAnswer,
  readCall,
  readFinish,
  readHead,
  readImage,
  readLogprobs,
  readUsage,
  text,
} from './answer.ts'

/**
 * Reads `ChatResponse`. The durations beside the counts of tokens have no place in other dialects.
 * @throws GatewayError `upstream_error` when the body is no answer of `/api/chat`.
 */
export function decodeResponse(body: unknown): ChatResponse {
  if (!isObject(body)) throw notAnAnswer('it is no object')
  if (body.error !== undefined && body.error !== null) throw notAnAnswer('it is an error')
  if (!isObject(body.message)) throw notAnAnswer('it has no message')
  if (body.done === false) throw notAnAnswer('it is not done')
  const content = readMessage(body.message, body.created_at)
  const hasCalls = content.some((block) => block.type === 'tool_call')
  const logprobs = readLogprobs(body)
  const usage = readUsage(body)
  return {
    ...readHead(body),
    choices: [{ index: 0, content, finish: readFinish(body, hasCalls), ...(logprobs && { logprobs }) }],
    ...(usage && { usage }),
  }
}

function readMessage(message: JsonObject, createdAt: unknown): Block[] {
  const blocks: Block[] = []
  const thinking = text(message.thinking)
  const content = text(message.content)
  if (thinking !== '') blocks.push({ type: 'thinking', text: thinking })
  if (content !== '') blocks.push({ type: 'text', text: content })
  for (const image of list(message.images)) blocks.push(readImage(text(image)))
  for (const call of list(message.tool_calls)) blocks.push(readCall(call, createdAt, blocks.length))
  return blocks
}

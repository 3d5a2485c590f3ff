import type { Block, ChatResponse, Choice } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { isErrorObject, readError } from '../openai-error.ts'
import { defined } from '../openai-fields.ts'
import { readUsage, writeUsage } from '../openai-usage.ts'
import { integer, list, notAnAnswer, readFinish, readHead, text, writeFinish } from './answer.ts'
import { readLogprobs, writeLogprobs } from './logprobs.ts'

/**
 * Reads a `text_completion`. Fields that only one server has (Together's `prompt`, vLLM's `kv_transfer_params`)
 * have no place in other dialects.
 * @throws GatewayError `upstream_error` when the body is no text completion.
 */
export function decodeResponse(body: unknown): ChatResponse {
  if (!isObject(body)) throw notAnAnswer('it is no object')
  if (isErrorObject(body)) throw notAnAnswer(`it is an error: ${readError(200, body).message}`)
  const choices = list(body.choices).filter(isObject)
  if (choices.length === 0) throw notAnAnswer('it has no choices')
  const usage = readUsage(body.usage)
  return {
    ...readHead(body),
    choices: choices.map(readChoice).sort((one, other) => one.index - other.index),
    ...(usage && { usage }),
  }
}

function readChoice(choice: JsonObject, position: number): Choice {
  const written = text(choice.text)
  const logprobs = readLogprobs(choice.logprobs)
  return {
    index: integer(choice.index) ?? position,
    content: written === '' ? [] : [{ type: 'text', text: written }],
    finish: readFinish(choice),
    ...(logprobs && { logprobs }),
  }
}

/** `now` in Unix seconds where the answer does not say when it was made. */
export function encodeResponse(response: ChatResponse, now: number): JsonObject {
  return defined({
    id: response.id,
    object: 'text_completion',
    created: response.created ?? now,
    model: response.model,
    choices: response.choices.map(writeChoice),
    usage: response.usage && writeUsage(response.usage),
    system_fingerprint: response.systemFingerprint,
  })
}

function writeChoice({ index, content, finish, logprobs }: Choice): JsonObject {
  return {
    text: content.map(textOf).join(''),
    index,
    logprobs: writeLogprobs(logprobs, 0),
    finish_reason: writeFinish(finish),
  }
}

/** A completion is text: thinking, and whatever else an answer may hold, has no place in it. */
export const textOf = (block: Block): string =>
  block.type === 'text' || block.type === 'refusal' ? block.text : ''

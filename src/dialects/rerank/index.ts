import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'
import { isErrorObject } from '../openai-error.ts'
import { openaiRelayed } from '../openai-relayed.ts'

/**
 * Cohere counts tokens in `meta.tokens`, where it does (its price is by search units); vLLM and Together in `usage`,
 * some servers of this shape only as `total_tokens`.
 */
function readUsage({ usage, meta }: JsonObject): Usage | undefined {
  const counted = isObject(usage) ? usage : isObject(meta) && isObject(meta.tokens) ? meta.tokens : {}
  const input = counted.prompt_tokens ?? counted.input_tokens ?? counted.total_tokens
  const output = counted.completion_tokens ?? counted.output_tokens ?? 0
  return isCount(input) && isCount(output) ? { ...noUsage, input, output } : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/**
 * Cohere's v2 rerank, `{model, query, documents, top_n}`, spoken by vLLM and Together. Errors are read in all their
 * shapes and written in OpenAI's. Source: the types of cohere-ai 8, docs.vllm.ai and docs.together.ai
 * (checked 2026-11-21).
 */
export const rerank = openaiRelayed({
  name: 'rerank',
  readUsage,
  answerField: 'results',
  isAnswer: (body) => Array.isArray(body.results) && !isErrorObject(body),
})

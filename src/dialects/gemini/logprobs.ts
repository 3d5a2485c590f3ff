import { isObject, type JsonObject } from '../../canonical/json.ts'

const utf8 = new TextEncoder()
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** `logprobsResult` in OpenAI's shape; `undefined` where it tells of no token. */
export function readLogprobs(result: unknown): JsonObject | undefined {
  if (!isObject(result)) return undefined
  const top = list(result.topCandidates)
  const content = list(result.chosenCandidates).map((chosen, at) => {
    const step = top[at]
    const others = isObject(step) ? list(step.candidates) : []
    return { ...readToken(chosen), top_logprobs: others.map(readToken) }
  })
  return content.length > 0 ? { content, refusal: null } : undefined
}

function readToken(candidate: unknown): JsonObject {
  const { token, logProbability } = isObject(candidate) ? candidate : {}
  const text = typeof token === 'string' ? token : ''
  return {
    token: text,
    // Zeros are left out of Google's JSON.
    logprob: typeof logProbability === 'number' ? logProbability : 0,
    bytes: [...utf8.encode(text)],
  }
}

import type { ChatRequest } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { ModelFamily } from './model-family.ts'
import type { EncodedThinking } from './thinking.ts'

export interface EncodedSampling {
  /** Into `inferenceConfig`. */
  config: JsonObject
  /** Into `additionalModelRequestFields`. */
  fields: JsonObject
}

/**
 * `temperature` and `topP` lie in 0..1 for every model.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html
 */
export function encodeSampling(
  request: ChatRequest,
  family: ModelFamily,
  thinking: EncodedThinking,
  lost: Set<string>,
): EncodedSampling {
  const asked = {
    temperature: clamp(request.temperature, 'temperature', lost),
    topP: clamp(request.topP, 'top_p', lost),
    topK: request.topK,
  }
  const { temperature, topP, topK } = family === 'claude' ? fitClaude(asked, thinking, lost) : asked
  if (thinking.novaThinksHard) {
    if (temperature !== undefined) lost.add('temperature')
    if (topP !== undefined) lost.add('top_p')
    return { config: {}, fields: encodeTopK(topK, family, lost) }
  }
  return {
    config: { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { topP }) },
    fields: encodeTopK(topK, family, lost),
  }
}

function clamp(value: number | undefined, name: string, lost: Set<string>): number | undefined {
  if (value === undefined || (value >= 0 && value <= 1)) return value
  lost.add(name)
  return value > 1 ? 1 : 0
}

function encodeTopK(topK: number | undefined, family: ModelFamily, lost: Set<string>): JsonObject {
  if (topK === undefined) return {}
  if (family === 'claude') return { top_k: topK }
  if (family === 'nova' || family === 'nova-2') return { inferenceConfig: { topK } }
  lost.add('top_k')
  return {}
}

interface Sampling {
  temperature: number | undefined
  topP: number | undefined
  topK: number | undefined
}

const smallestTopPWithThinking = 0.95

/**
 * Newer Claude models refuse `temperature` and `topP` together, so the one that says nothing (1 is the default
 * of both) is left out, else `topP`. Thinking allows no `temperature` but 1, no `topP` below 0.95 and no `top_k`.
 */
function fitClaude(asked: Sampling, { claudeThinks }: EncodedThinking, lost: Set<string>): Sampling {
  let { temperature, topP, topK } = asked
  if (claudeThinks && temperature !== undefined && temperature !== 1) {
    lost.add('temperature')
    temperature = undefined
  }
  if (claudeThinks && topP !== undefined && topP < smallestTopPWithThinking) {
    lost.add('top_p')
    topP = undefined
  }
  if (claudeThinks && topK !== undefined) {
    lost.add('top_k')
    topK = undefined
  }
  if (temperature !== undefined && topP !== undefined) {
    if (topP !== 1 && temperature === 1) temperature = undefined
    else {
      if (topP !== 1) lost.add('top_p')
      topP = undefined
    }
  }
  return { temperature, topP, topK }
}

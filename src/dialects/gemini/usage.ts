import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** `NaN` for what is no count; absent ones are 0. */
const tokens = (value: unknown): number =>
  value === undefined || value === null ? 0 : isCount(value) ? value : NaN

/**
 * Reads `usageMetadata`. The prompt's count holds the cached tokens, but not those of tools which Google ran; the
 * candidates' count holds no thoughts. `undefined` without a count of the prompt or the candidates (first frames of
 * a stream may hold the kind of traffic alone), or when one of the counts is none.
 */
export function readUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  if (wire.promptTokenCount == null && wire.candidatesTokenCount == null) return undefined
  const prompt = tokens(wire.promptTokenCount) + tokens(wire.toolUsePromptTokenCount)
  const cached = Math.min(tokens(wire.cachedContentTokenCount), prompt)
  const input = prompt - cached
  const reasoning = tokens(wire.thoughtsTokenCount)
  const promptAudio = audioTokens(wire.promptTokensDetails) + audioTokens(wire.toolUsePromptTokensDetails)
  const usage: Usage = {
    ...noUsage,
    input,
    cached,
    output: tokens(wire.candidatesTokenCount) + reasoning,
    reasoning,
    inputAudio: Math.min(Math.max(promptAudio - audioTokens(wire.cacheTokensDetails), 0), input),
    outputAudio: audioTokens(wire.candidatesTokensDetails),
  }
  return Object.values(usage).some(Number.isNaN) ? undefined : usage
}

/** Of `[{modality, tokenCount}]`. */
function audioTokens(details: unknown): number {
  if (!Array.isArray(details)) return 0
  const audio = details.find(
    (detail): detail is JsonObject => isObject(detail) && detail.modality === 'AUDIO',
  )
  return tokens(audio?.tokenCount)
}

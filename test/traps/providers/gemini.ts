import { finishOf, inputOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { sse, wordFor, type ProviderWire } from './provider-wire.ts'

const usage = (output: number): Wire => ({
  promptTokenCount: tokens.prompt,
  cachedContentTokenCount: tokens.cached,
  candidatesTokenCount: output,
  totalTokenCount: tokens.prompt + output,
})

export const geminiAnswer = (candidate: Wire, output: number = tokens.output): Wire => ({
  candidates: [{ index: 0, ...candidate }],
  usageMetadata: usage(output),
  modelVersion: 'gemini-2.5-flash',
  responseId: 'resp-1',
})

export const geminiParts = (...parts: Wire[]): Wire => ({ content: { role: 'model', parts } })
export const geminiCall = (call: SaidCall): Wire => ({
  functionCall: { id: call.id, name: call.name, args: inputOf(call) },
})

/** The usage of every chunk is what was used so far; a finish reason comes in a chunk of its own. */
function stream(said: Said): Buffer[] {
  const parts = [...(said.texts ?? []).map((text) => ({ text })), ...(said.calls ?? []).map(geminiCall)]
  const last = { ...geminiParts({ text: '' }), finishReason: wordFor(geminiWire, finishOf(said)) }
  return [
    ...parts.map((part, index) => geminiAnswer(geminiParts(part), Math.min(index + 1, tokens.output))),
    geminiAnswer(last),
  ].map((chunk) => sse(chunk))
}

/** Source: ai.google.dev/api/generate-content (checked 2026-11-21). */
export const geminiWire: ProviderWire = {
  entry: { type: 'gemini' },
  model: 'gemini-2.5-flash',
  streamType: 'text/event-stream',
  json(said) {
    const text = textOf(said)
    const parts = [...(text === '' ? [] : [{ text }]), ...(said.calls ?? []).map(geminiCall)]
    return geminiAnswer({ ...geminiParts(...parts), finishReason: wordFor(geminiWire, finishOf(said)) })
  },
  stream,
  unknownEvent: sse({ novelty: { a: 1 }, modelVersion: 'gemini-2.5-flash', responseId: 'resp-1' }),
  failure: (message) => sse({ error: { code: 500, message, status: 'INTERNAL' } }),
  error: (message) => ({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  finishes: {
    stop: 'STOP',
    stop_sequence: 'STOP',
    tool_calls: 'STOP',
    length: 'MAX_TOKENS',
    content_filter: 'SAFETY',
  },
}

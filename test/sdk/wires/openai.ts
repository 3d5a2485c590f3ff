import { inPieces, type Reply } from '../conversation.ts'
import { chatChunk, chatCompletion, sse, type ScriptedAnswer } from '../../support/upstream.ts'

interface Wire {
  [field: string]: unknown
}

/** What sets one server of OpenAI's shape apart from another in its answers. */
export interface OpenaiStyle {
  /** Text of reasoning: a field of the message, or parts of its content, which Mistral writes. */
  thinking: 'reasoning_content' | 'parts'
  /** Mistral sends usage with the last chunk, unasked; others in a chunk of its own, where asked. */
  usage: 'asked for' | 'with the finish'
}

export const openaiStyle: OpenaiStyle = { thinking: 'reasoning_content', usage: 'asked for' }
export const mistralStyle: OpenaiStyle = { thinking: 'parts', usage: 'with the finish' }

const words = { stop: 'stop', length: 'length', 'tool-calls': 'tool_calls' } as const

const usageOf = ({ usage }: Reply): Wire => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cached },
})

const thinkingPart = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] })

/** An answer of `/chat/completions` as the request wants it: JSON or a stream, the arguments of calls in pieces. */
export function openaiAnswer(reply: Reply, request: Wire, style: OpenaiStyle): ScriptedAnswer {
  const headers = { 'x-request-id': 'req_openai_1', 'mistral-correlation-id': 'req_openai_1' }
  if (request.stream === true) return { sse: stream(reply, request, style), headers }
  const completion = chatCompletion(message(reply, style), { usage: usageOf(reply), model: request.model })
  const [choice] = completion.choices as [Wire]
  choice.finish_reason = words[reply.finish]
  return { json: completion, headers }
}

function message({ thinking, text, calls }: Reply, style: OpenaiStyle): Wire {
  const inParts = thinking && style.thinking === 'parts'
  return {
    role: 'assistant',
    content: inParts ? [thinkingPart(thinking.text), { type: 'text', text }] : (text ?? null),
    ...(thinking && !inParts && { reasoning_content: thinking.text }),
    ...(calls && {
      tool_calls: calls.map(({ id, name, input }) => ({
        id,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      })),
    }),
  }
}

function stream(reply: Reply, request: Wire, style: OpenaiStyle): string[] {
  const model = request.model
  const delta = (value: Wire) => chatChunk(value, null, { model })
  const usage = usageOf(reply)
  const isLast = style.usage === 'with the finish'
  const asked = (request.stream_options as Wire | undefined)?.include_usage === true
  return sse(
    delta({ role: 'assistant', content: '' }),
    ...inPieces(reply.thinking?.text ?? '', 6).map((text) =>
      delta(style.thinking === 'parts' ? { content: [thinkingPart(text)] } : { reasoning_content: text }),
    ),
    ...inPieces(reply.text ?? '', 4).map((content) => delta({ content })),
    ...(reply.calls ?? []).flatMap(({ id, name, input }, index) => [
      delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      ...inPieces(JSON.stringify(input), 5).map((piece) =>
        delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
      ),
    ]),
    chatChunk(isLast ? { content: '' } : {}, words[reply.finish], { model, ...(isLast && { usage }) }),
    ...(!isLast && asked ? [chatChunk(null, null, { model, usage })] : []),
    '[DONE]',
  )
}

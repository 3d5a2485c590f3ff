import type { ChatRequest } from '../../canonical/chat.ts'
import { defined } from '../openai-fields.ts'
import type { EncodedRequest, EncodeOptions } from '../dialect.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeFormat, encodeTools } from './encode-tools.ts'
import { encodeSampling } from './sampling.ts'
import { encodeThinking } from './thinking.ts'
import { dialect, type Lost } from './types.ts'

/**
 * Writes `POST /v2/chat`. `safety_mode`, `documents`, `citation_options`, `priority` and whatever else only this
 * API knows come as extensions of its own dialect.
 * @throws GatewayError `invalid_request` for a tool choice that names none of the tools.
 */
export function encodeRequest(request: ChatRequest, { modelMaxOutputTokens }: EncodeOptions): EncodedRequest {
  const lost: Lost = new Set()
  const maxTokens = encodeMaxTokens(request.maxOutputTokens, modelMaxOutputTokens, lost)
  const tools = encodeTools(request, lost)
  const body = defined({
    model: request.model,
    messages: encodeMessages(request, lost),
    stream: request.stream || undefined,
    max_tokens: maxTokens,
    ...tools,
    response_format: encodeFormat(request.responseFormat, 'tools' in tools, lost),
    thinking: encodeThinking(request, maxTokens, lost),
    ...encodeSampling(request, lost),
    ...(request.extensions?.dialect === dialect && request.extensions.fields),
  })
  return { body, lost: [...lost] }
}

/** Older models refuse more than they can produce. */
function encodeMaxTokens(
  asked: number | undefined,
  largest: number | undefined,
  lost: Lost,
): number | undefined {
  if (asked === undefined || largest === undefined || asked <= largest) return asked
  lost.add('max_output_tokens')
  return largest
}

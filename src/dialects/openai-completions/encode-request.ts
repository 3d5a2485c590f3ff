import type { ChatRequest } from '../../canonical/chat.ts'
import { GatewayError } from '../../errors.ts'
import type { EncodedRequest } from '../dialect.ts'
import { defined } from '../openai-fields.ts'

/**
 * Writes a request that is a prompt and nothing more: one message of a user, made of text. How a conversation
 * becomes a prompt only a model's template knows, so any other is refused.
 * @throws GatewayError `invalid_request`
 */
export function encodeRequest(request: ChatRequest): EncodedRequest {
  const body = defined({
    model: request.model,
    prompt: promptOf(request),
    max_tokens: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    min_p: request.minP,
    stop: request.stop,
    seed: request.seed,
    n: request.n,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    logit_bias: request.logitBias,
    logprobs: request.logprobs ? (request.topLogprobs ?? 0) : undefined,
    user: request.user,
    stream: request.stream || undefined,
    stream_options: request.stream ? { include_usage: true } : undefined,
    ...(request.extensions?.dialect === 'openai-completions' && request.extensions.fields),
  })
  return { body, lost: [] }
}

function promptOf({ messages }: ChatRequest): string {
  const [only] = messages
  const texts = only?.content.map((block) => (block.type === 'text' ? block.text : undefined)) ?? []
  if (messages.length !== 1 || only?.role !== 'user' || texts.length === 0 || texts.includes(undefined))
    throw new GatewayError('invalid_request', {
      message:
        'This target completes a prompt; `messages` must hold one message of the role "user", made of text alone.',
      param: 'messages',
    })
  return texts.join('')
}

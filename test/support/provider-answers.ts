/** Plausible answers of providers, to be sent by `startUpstream`. */

/** `data:` events of an OpenAI stream; a string stands as it is (`[DONE]`). */
export const sse = (...payloads: unknown[]): string[] =>
  payloads.map((payload) => `data: ${typeof payload === 'string' ? payload : JSON.stringify(payload)}\n\n`)

/** Events of an Anthropic stream, named by their type. */
export const anthropicSse = (...events: { type: string; [field: string]: unknown }[]): string[] =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

interface Wire {
  [field: string]: unknown
}

export const chatUsage = (promptTokens = 9, completionTokens = 3): Wire => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
})

/** A JSON answer of `/chat/completions`; `more` replaces fields of the body. */
export const chatCompletion = (message: string | Wire = 'Hello there.', more: Wire = {}): Wire => ({
  id: 'chatcmpl-upstream-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        ...(typeof message === 'string' ? { content: message } : message),
      },
      logprobs: null,
      finish_reason: typeof message !== 'string' && 'tool_calls' in message ? 'tool_calls' : 'stop',
    },
  ],
  usage: chatUsage(),
  system_fingerprint: 'fp_upstream',
  ...more,
})

/** One chunk of a chat stream; `null` as delta makes the chunk without choices. */
export const chatChunk = (
  delta: string | Wire | null,
  finishReason: string | null = null,
  more: Wire = {},
): Wire => ({
  id: 'chatcmpl-upstream-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  system_fingerprint: 'fp_upstream',
  choices:
    delta === null
      ? []
      : [
          {
            index: 0,
            delta: typeof delta === 'string' ? { content: delta } : delta,
            logprobs: null,
            finish_reason: finishReason,
          },
        ],
  ...more,
})

/** A whole chat stream with one delta per text, its usage and `[DONE]`. */
export const chatStream = (...texts: string[]): string[] =>
  sse(
    chatChunk({ role: 'assistant', content: '', refusal: null }),
    ...texts.map((text) => chatChunk(text)),
    chatChunk({}, 'stop'),
    chatChunk(null, null, { usage: chatUsage(9, texts.length) }),
    '[DONE]',
  )

/** A JSON answer of `/v1/messages`; `more` replaces fields of the body. */
export const anthropicMessage = (content: string | Wire[] = 'Hello there.', more: Wire = {}): Wire => ({
  id: 'msg_upstream_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 3 },
  ...more,
})

/** A whole stream of one text block, one delta per text. */
export const anthropicStream = (...texts: string[]): string[] =>
  anthropicSse(
    {
      type: 'message_start',
      message: anthropicMessage([], {
        stop_reason: null,
        usage: {
          input_tokens: 9,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
          output_tokens: 1,
        },
      }),
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...texts.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: texts.length },
    },
    { type: 'message_stop' },
  )

/** OpenAI's error body. */
export const openaiError = (
  message: string,
  type = 'invalid_request_error',
  code: string | null = null,
): Wire => ({
  error: { message, type, param: null, code },
})

/** Anthropic's error body. */
export const anthropicError = (message: string, type = 'invalid_request_error'): Wire => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_upstream_1',
})

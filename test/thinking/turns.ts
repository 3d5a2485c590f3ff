/**
 * The first turn of an agent's loop as each provider writes it, whole and as a stream: thinking, a text, two calls; and
 * what the provider must be sent in the second turn.
 */
import { encodeEvent } from '../support/aws-event-stream.ts'
import {
  anthropicMessage,
  anthropicSse,
  chatChunk,
  chatCompletion,
  sse,
  type ScriptedAnswer,
} from '../support/upstream.ts'

export type Wire = Record<string, unknown>

export type ProviderName =
  'anthropic' | 'gemini' | 'bedrock' | 'openai' | 'deepseek' | 'cohere' | 'mistral' | 'ollama'

export interface Turn {
  model: string
  /** Fields of the provider's entry in the configuration. */
  settings: Wire
  json: Wire
  stream: ScriptedAnswer
  /** The model's turn in a request, as the provider's dialect has it there. */
  turnIn: (request: Wire) => unknown
  replayed: unknown
  /** Texts that no other provider may be sent; none where thinking is plain text, which nobody signed. */
  sealed: readonly string[]
}

export const thought = 'Look up both.'
const said = 'One moment.'
/** Nine letters and digits, as Mistral wants them. */
export const ids = ['Wea7herA1', 'Wea7herB2'] as const
export const tool = 'get_weather'
const inputs = [{ city: 'Bern' }, { city: 'Rome' }] as const
const texts = inputs.map((input) => JSON.stringify(input))
const calls = ids.map((id, index) => ({ id, input: inputs[index]!, text: texts[index]! }))

const message = (index: number) => (request: Wire) => (request.messages as unknown[])[index]

/** A text in two pieces. */
const halves = (text: string) => [text.slice(0, 5), text.slice(5)]

const anthropicSigned = { type: 'thinking', thinking: thought, signature: 'ErcB+anthropic/signed==' }
const anthropicRedacted = { type: 'redacted_thinking', data: 'EmwK+anthropic/redacted==' }
const anthropicBlocks: Wire[] = [
  anthropicSigned,
  anthropicRedacted,
  { type: 'text', text: said },
  ...calls.map(({ id, input }) => ({ type: 'tool_use', id, name: tool, input })),
]
const usedTools = { stop_reason: 'tool_use' }

function anthropicDeltas(block: Wire): { opening: Wire; deltas: Wire[] } {
  switch (block.type) {
    case 'thinking':
      return {
        opening: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          ...halves(thought).map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: block.signature },
        ],
      }
    case 'text':
      return {
        opening: { type: 'text', text: '' },
        deltas: halves(said).map((text) => ({ type: 'text_delta', text })),
      }
    case 'tool_use':
      return {
        opening: { ...block, input: {} },
        deltas: halves(JSON.stringify(block.input)).map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
      }
    default:
      return { opening: block, deltas: [] }
  }
}

const anthropic: Turn = {
  model: 'claude-sonnet-4-5',
  settings: {},
  json: anthropicMessage(anthropicBlocks, usedTools),
  stream: {
    sse: anthropicSse(
      { type: 'message_start', message: anthropicMessage([], { stop_reason: null }) },
      ...anthropicBlocks.flatMap((block, index) => {
        const { opening, deltas } = anthropicDeltas(block)
        return [
          { type: 'content_block_start', index, content_block: opening },
          ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
          { type: 'content_block_stop', index },
        ]
      }),
      {
        type: 'message_delta',
        delta: { ...usedTools, stop_sequence: null },
        usage: { output_tokens: 30 },
      },
      { type: 'message_stop' },
    ),
  },
  turnIn: message(1),
  replayed: { role: 'assistant', content: anthropicBlocks },
  sealed: [thought, anthropicSigned.signature, anthropicRedacted.data],
}

const geminiSignature = 'CiQB+gemini/signed=='
const geminiParts: Wire[] = [
  { text: thought, thought: true },
  { text: said },
  {
    functionCall: { id: ids[0], name: tool, args: inputs[0] },
    thoughtSignature: geminiSignature,
  },
  { functionCall: { id: ids[1], name: tool, args: inputs[1] } },
]
const geminiAnswer = (parts: Wire[], more: Wire = {}): Wire => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 20, totalTokenCount: 30 },
  modelVersion: 'gemini-3-pro-preview',
  responseId: 'gemini-answer-1',
})

const gemini: Turn = {
  model: 'gemini-3-pro-preview',
  settings: {},
  json: geminiAnswer(geminiParts, { finishReason: 'STOP' }),
  stream: {
    sse: sse(
      ...halves(thought).map((text) => geminiAnswer([{ text, thought: true }])),
      ...halves(said).map((text) => geminiAnswer([{ text }])),
      geminiAnswer([geminiParts[2]!]),
      geminiAnswer([geminiParts[3]!], { finishReason: 'STOP' }),
    ),
  },
  turnIn: (request) => (request.contents as unknown[])[1],
  replayed: { role: 'model', parts: geminiParts },
  sealed: [geminiSignature],
}

const bedrockSigned = { reasoningText: { text: thought, signature: 'ErcB+bedrock/signed==' } }
// Of whole groups of three bytes, so that its pieces are base64 too.
const bedrockRedacted = 'YmVkcm9jay9yZWRh'
const bedrockBlocks: Wire[] = [
  { reasoningContent: bedrockSigned },
  { reasoningContent: { redactedContent: bedrockRedacted } },
  { text: said },
  ...calls.map(({ id, input }) => ({ toolUse: { toolUseId: id, name: tool, input } })),
]
const bedrockUsage = { inputTokens: 10, outputTokens: 20, totalTokens: 30 }

const bedrockDelta = (contentBlockIndex: number, delta: Wire) =>
  encodeEvent('contentBlockDelta', { contentBlockIndex, delta })
const bedrockStop = (contentBlockIndex: number) => encodeEvent('contentBlockStop', { contentBlockIndex })

const bedrock: Turn = {
  model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
  settings: { aws_region: 'eu-central-1' },
  json: {
    output: { message: { role: 'assistant', content: bedrockBlocks } },
    stopReason: 'tool_use',
    usage: bedrockUsage,
  },
  stream: {
    headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    body: Buffer.concat([
      encodeEvent('messageStart', { role: 'assistant' }),
      ...halves(thought).map((text) => bedrockDelta(0, { reasoningContent: { text } })),
      ...halves(bedrockSigned.reasoningText.signature).map((signature) =>
        bedrockDelta(0, { reasoningContent: { signature } }),
      ),
      bedrockStop(0),
      bedrockDelta(1, { reasoningContent: { redactedContent: bedrockRedacted.slice(0, 8) } }),
      bedrockDelta(1, { reasoningContent: { redactedContent: bedrockRedacted.slice(8) } }),
      bedrockStop(1),
      ...halves(said).map((text) => bedrockDelta(2, { text })),
      bedrockStop(2),
      ...calls.flatMap(({ id, text }, at) => [
        encodeEvent('contentBlockStart', {
          contentBlockIndex: 3 + at,
          start: { toolUse: { toolUseId: id, name: tool } },
        }),
        ...halves(text).map((input) => bedrockDelta(3 + at, { toolUse: { input } })),
        bedrockStop(3 + at),
      ]),
      encodeEvent('messageStop', { stopReason: 'tool_use' }),
      encodeEvent('metadata', { usage: bedrockUsage, metrics: { latencyMs: 5 } }),
    ]),
  },
  turnIn: message(1),
  replayed: { role: 'assistant', content: bedrockBlocks },
  sealed: [thought, bedrockSigned.reasoningText.signature, bedrockRedacted],
}

const reasoningItem = {
  type: 'reasoning',
  id: 'rs_68d4',
  summary: [{ type: 'summary_text', text: thought }],
  encrypted_content: 'gAAAAAB-openai-sealed==',
}
const hiddenItem = {
  type: 'reasoning',
  id: 'rs_68d5',
  summary: [],
  encrypted_content: 'gAAAAAB-openai-hidden==',
}
const messageItem = {
  type: 'message',
  id: 'msg_68d6',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: said, annotations: [] }],
}
const callItems = calls.map(({ id, text }, at) => ({
  type: 'function_call',
  id: `fc_68d${7 + at}`,
  call_id: id,
  name: tool,
  arguments: text,
  status: 'completed',
}))
const openaiItems: Wire[] = [reasoningItem, hiddenItem, messageItem, ...callItems]
const openaiResponse = (status: string, output: Wire[]): Wire => ({
  id: 'resp_68d3',
  object: 'response',
  created_at: 1_700_000_000,
  status,
  error: null,
  incomplete_details: null,
  model: 'gpt-5.1',
  output,
  usage:
    status === 'completed'
      ? {
          input_tokens: 10,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 20,
          output_tokens_details: { reasoning_tokens: 8 },
          total_tokens: 30,
        }
      : null,
})

/** What a stream tells of an item between its beginning and its end. */
function openaiDeltas(item: Wire, output_index: number): Wire[] {
  const at = { item_id: item.id, output_index }
  if (item === reasoningItem)
    return [
      {
        type: 'response.reasoning_summary_part.added',
        ...at,
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      },
      ...halves(thought).map((delta) => ({
        type: 'response.reasoning_summary_text.delta',
        ...at,
        summary_index: 0,
        delta,
      })),
      { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text: thought },
    ]
  if (item === messageItem)
    return [
      {
        type: 'response.content_part.added',
        ...at,
        content_index: 0,
        part: { type: 'output_text', text: '', annotations: [] },
      },
      ...halves(said).map((delta) => ({
        type: 'response.output_text.delta',
        ...at,
        content_index: 0,
        delta,
      })),
      { type: 'response.output_text.done', ...at, content_index: 0, text: said },
    ]
  if (item === hiddenItem) return []
  return [
    ...halves(item.arguments as string).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      delta,
    })),
    { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments },
  ]
}

const openaiOpening: Readonly<Record<string, Wire>> = {
  reasoning: { summary: [] },
  message: { content: [], status: 'in_progress' },
  function_call: { arguments: '', status: 'in_progress' },
}

const openaiEvents: Wire[] = [
  { type: 'response.created', response: openaiResponse('in_progress', []) },
  ...openaiItems.flatMap((item, output_index) => [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...item, ...openaiOpening[item.type as string] },
    },
    ...openaiDeltas(item, output_index),
    { type: 'response.output_item.done', output_index, item },
  ]),
  { type: 'response.completed', response: openaiResponse('completed', openaiItems) },
]

const openai: Turn = {
  model: 'gpt-5.1',
  settings: { api: 'responses' },
  json: openaiResponse('completed', openaiItems),
  stream: {
    sse: anthropicSse(
      ...openaiEvents.map((event, sequence_number) => ({
        ...(event as { type: string }),
        sequence_number,
      })),
    ),
  },
  turnIn: ({ input }) =>
    (input as Wire[]).filter(({ type, role }) => type === 'reasoning' || role !== 'user'),
  // Ids and states of what is not reasoning say nothing to the model; only a relayed turn keeps them.
  replayed: [reasoningItem, hiddenItem],
  sealed: [thought, reasoningItem.encrypted_content, hiddenItem.encrypted_content],
}

const chatCalls = calls.map(({ id, text }) => ({
  id,
  type: 'function',
  function: { name: tool, arguments: text },
}))

/** The chunks of a chat whose thinking comes in the given deltas. */
const chatStreamOf = (model: string, thinking: Wire[]): ScriptedAnswer => {
  const delta = (value: Wire) => chatChunk(value, null, { model })
  return {
    sse: sse(
      delta({ role: 'assistant', content: '' }),
      ...thinking.map(delta),
      ...halves(said).map((content) => delta({ content })),
      ...chatCalls.flatMap(({ function: called, ...call }, index) => [
        delta({ tool_calls: [{ index, ...call, function: { ...called, arguments: '' } }] }),
        ...halves(called.arguments).map((piece) =>
          delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
      chatChunk({}, 'tool_calls', { model }),
      '[DONE]',
    ),
  }
}

const deepseek: Turn = {
  model: 'deepseek-reasoner',
  settings: {},
  json: chatCompletion(
    { content: said, reasoning_content: thought, tool_calls: chatCalls },
    { model: 'deepseek-reasoner' },
  ),
  stream: chatStreamOf(
    'deepseek-reasoner',
    halves(thought).map((reasoning_content) => ({ reasoning_content })),
  ),
  turnIn: message(1),
  replayed: { role: 'assistant', content: said, reasoning_content: thought, tool_calls: chatCalls },
  sealed: [],
}

const mistralThinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] })

const mistral: Turn = {
  model: 'magistral-medium-latest',
  settings: {},
  json: chatCompletion(
    { content: [mistralThinking(thought), { type: 'text', text: said }], tool_calls: chatCalls },
    { model: 'magistral-medium-latest' },
  ),
  stream: chatStreamOf(
    'magistral-medium-latest',
    halves(thought).map((text) => ({ content: [mistralThinking(text)] })),
  ),
  turnIn: message(1),
  replayed: {
    role: 'assistant',
    content: [mistralThinking(thought), { type: 'text', text: said }],
    tool_calls: chatCalls,
  },
  sealed: [],
}

const cohereEvents: Wire[] = [
  { type: 'message-start', id: 'cohere-1', delta: { message: { role: 'assistant' } } },
  {
    type: 'content-start',
    index: 0,
    delta: { message: { content: { type: 'thinking', thinking: '' } } },
  },
  ...halves(thought).map((thinking) => ({
    type: 'content-delta',
    index: 0,
    delta: { message: { content: { thinking } } },
  })),
  { type: 'content-end', index: 0 },
  ...halves(said).map((tool_plan) => ({ type: 'tool-plan-delta', delta: { message: { tool_plan } } })),
  ...chatCalls.flatMap(({ function: called, ...call }, index) => [
    {
      type: 'tool-call-start',
      index,
      delta: { message: { tool_calls: { ...call, function: { ...called, arguments: '' } } } },
    },
    ...halves(called.arguments).map((piece) => ({
      type: 'tool-call-delta',
      index,
      delta: { message: { tool_calls: { function: { arguments: piece } } } },
    })),
    { type: 'tool-call-end', index },
  ]),
  {
    type: 'message-end',
    delta: {
      finish_reason: 'TOOL_CALL',
      usage: { tokens: { input_tokens: 10, output_tokens: 20 } },
    },
  },
]

const cohere: Turn = {
  model: 'command-a-reasoning-08-2025',
  settings: {},
  json: {
    id: 'cohere-1',
    finish_reason: 'TOOL_CALL',
    message: {
      role: 'assistant',
      content: [{ type: 'thinking', thinking: thought }],
      tool_plan: said,
      tool_calls: chatCalls,
    },
    usage: { tokens: { input_tokens: 10, output_tokens: 20 } },
  },
  stream: { sse: anthropicSse(...(cohereEvents as { type: string }[])) },
  turnIn: message(1),
  replayed: {
    role: 'assistant',
    content: [{ type: 'thinking', thinking: thought }],
    tool_plan: said,
    tool_calls: chatCalls,
  },
  sealed: [],
}

const ollamaCalls = calls.map(({ id, input }) => ({ id, function: { name: tool, arguments: input } }))
const ollamaLine = (message: Wire, more: Wire = {}): Wire => ({
  model: 'qwen3',
  created_at: '2026-11-20T10:00:00Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
})
const ollamaEnd = { done: true, done_reason: 'stop', prompt_eval_count: 10, eval_count: 20 }

const ollama: Turn = {
  model: 'qwen3',
  settings: { api: 'native' },
  json: ollamaLine({ content: said, thinking: thought, tool_calls: ollamaCalls }, ollamaEnd),
  stream: {
    headers: { 'content-type': 'application/x-ndjson' },
    body: [
      ...halves(thought).map((thinking) => ollamaLine({ thinking })),
      ...halves(said).map((content) => ollamaLine({ content })),
      ...ollamaCalls.map((call) => ollamaLine({ tool_calls: [call] })),
      ollamaLine({}, ollamaEnd),
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  },
  turnIn: message(1),
  replayed: { role: 'assistant', content: said, thinking: thought, tool_calls: ollamaCalls },
  sealed: [],
}

export const turns: Readonly<Record<ProviderName, Turn>> = {
  anthropic,
  gemini,
  bedrock,
  openai,
  deepseek,
  cohere,
  mistral,
  ollama,
}
export const providerNames = Object.keys(turns) as ProviderName[]

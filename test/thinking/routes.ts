/** How a caller of each route asks, reads an answer, and sends it back as it came with the results of its calls. */
import { foldStream } from '../recordings/fold-stream.ts'
import { tool, type Wire } from './turns.ts'

export type RouteName = 'chat' | 'messages' | 'responses'

export interface Route {
  path: string
  /** The first request. */
  ask: (model: string) => Wire
  /** What stands for the model's turn in an answer. */
  turnOf: (answer: Wire) => unknown
  foldStream: (text: string) => Wire
  /** The same request with the model's turn and the results of its calls. */
  goOn: (request: Wire, turn: unknown) => Wire
  /** The text of the thinking that a caller is shown. */
  thinkingOf: (turn: unknown) => string
  /** This route's name of thinking that was left out. */
  leftOut: string
  /** How callers of this route ask for thinking. */
  asksToThink: Wire
}

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const question = { role: 'user', content: 'How is the weather in Bern and Rome?' }
const result = (index: number) => `Sunny ${index}`
const list = (value: unknown) => (Array.isArray(value) ? (value as Wire[]) : [])

const chat: Route = {
  path: '/v1/chat/completions',
  ask: (model) => ({
    model,
    messages: [question],
    tools: [{ type: 'function', function: { name: tool, parameters } }],
    max_completion_tokens: 8000,
  }),
  turnOf: ({ choices }) => (choices as { message: Wire }[])[0]!.message,
  foldStream: (text) => foldStream('openai-chat', text),
  goOn: (request, turn) => ({
    ...request,
    messages: [
      question,
      turn,
      ...list((turn as Wire).tool_calls).map(({ id }, index) => ({
        role: 'tool',
        tool_call_id: id,
        content: result(index),
      })),
    ],
  }),
  thinkingOf: (turn) => ((turn as Wire).reasoning_content ?? '') as string,
  leftOut: 'messages[].reasoning_content',
  asksToThink: { reasoning_effort: 'low' },
}

const messages: Route = {
  path: '/v1/messages',
  ask: (model) => ({
    model,
    messages: [question],
    tools: [{ name: tool, input_schema: parameters }],
    max_tokens: 8000,
  }),
  turnOf: ({ content }) => content,
  foldStream: (text) => foldStream('anthropic-messages', text),
  goOn: (request, turn) => ({
    ...request,
    messages: [
      question,
      { role: 'assistant', content: turn },
      {
        role: 'user',
        content: list(turn)
          .filter(({ type }) => type === 'tool_use')
          .map(({ id }, index) => ({ type: 'tool_result', tool_use_id: id, content: result(index) })),
      },
    ],
  }),
  thinkingOf: (turn) =>
    list(turn)
      .map(({ thinking }) => thinking ?? '')
      .join(''),
  leftOut: 'thinking',
  asksToThink: { thinking: { type: 'enabled', budget_tokens: 2000 } },
}

const responses: Route = {
  path: '/v1/responses',
  ask: (model) => ({
    model,
    input: [question],
    tools: [{ type: 'function', name: tool, parameters, strict: false }],
    max_output_tokens: 8000,
  }),
  turnOf: ({ output }) => output,
  foldStream: (text) => foldStream('openai-responses', text),
  goOn: (request, turn) => ({
    ...request,
    input: [
      question,
      ...list(turn),
      ...list(turn)
        .filter(({ type }) => type === 'function_call')
        .map(({ call_id }, index) => ({ type: 'function_call_output', call_id, output: result(index) })),
    ],
  }),
  thinkingOf: (turn) =>
    list(turn)
      .flatMap(({ summary }) => list(summary))
      .map(({ text }) => text)
      .join(''),
  leftOut: 'input[].reasoning',
  asksToThink: { reasoning: { effort: 'low' } },
}

export const routes: Readonly<Record<RouteName, Route>> = { chat, messages, responses }
export const routeNames = Object.keys(routes) as RouteName[]

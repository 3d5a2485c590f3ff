import { excerpt, freshToolResults, lastUserText } from './conversation.ts'
import type { Behaviour } from './models.ts'
import { invalid } from './refusal.ts'
import type { ChatAsked, MockTool } from './request.ts'
import { exampleOf, NoExample } from './schema-example.ts'
import { countTokens, fillerText, firstTokens } from './tokens.ts'

export interface ToolCall {
  id: string
  name: string
  /** JSON text; cut off where `max_tokens` ends it. */
  arguments: string
}

/** One choice of a completion. */
export interface Answer {
  reasoning: string
  /** `null` where tools are called. */
  content: string | null
  toolCalls: ToolCall[]
  finish: 'stop' | 'length' | 'tool_calls'
  reasoningTokens: number
  /** All of them, the reasoning's too; a call's name counts as one. */
  tokens: number
}

/**
 * What the mock answers; the same to the same request.
 * @param serial makes the ids of tool calls differ between requests
 * @throws MockRefusal 400 where a schema asks for what the mock cannot make up
 */
export function compose(asked: ChatAsked, behaviour: Behaviour, choice: number, serial: string): Answer {
  const reasoning =
    behaviour.says === 'thinking'
      ? 'The question is read. A mock knows no facts, so a short and friendly answer is best.'
      : ''
  const tools = toolsToCall(asked, behaviour)
  if (tools.length === 0) {
    const text = cutAtStop(textFor(asked, behaviour, choice), asked.stop)
    return withinLimit({ reasoning, content: text, toolCalls: [], finish: 'stop' }, asked.maxTokens)
  }
  const toolCalls = tools.map((tool, i) => ({
    id: `call_mock_${serial}${choice === 0 ? '' : `_${choice}`}_${i}`,
    name: tool.name,
    arguments: JSON.stringify(exampleFor(tool.parameters ?? { type: 'object' }, 'tools')),
  }))
  return withinLimit({ reasoning, content: null, toolCalls, finish: 'tool_calls' }, asked.maxTokens)
}

function toolsToCall(asked: ChatAsked, behaviour: Behaviour): MockTool[] {
  const { tools, toolChoice } = asked
  const talks = behaviour.says !== 'echo' && behaviour.tokens === undefined
  if (tools.length === 0 || toolChoice === 'none' || !talks) return []
  if (typeof toolChoice === 'object') return tools.filter((tool) => tool.name === toolChoice.name).slice(0, 1)
  if (toolChoice === 'auto' && freshToolResults(asked.messages).length > 0) return []
  const parallel = asked.parallelToolCalls && /\bparallel\b/i.test(lastUserText(asked.messages))
  return parallel ? tools : tools.slice(0, 1)
}

function textFor(asked: ChatAsked, behaviour: Behaviour, choice: number): string {
  if (behaviour.tokens !== undefined) return fillerText(behaviour.tokens)
  if (behaviour.says === 'echo') return lastUserText(asked.messages)
  const { responseFormat } = asked
  if (responseFormat.type === 'json_schema') {
    return JSON.stringify(exampleFor(responseFormat.schema, 'response_format'))
  }
  const text = friendlyText(asked, choice)
  return responseFormat.type === 'json_object' ? JSON.stringify({ answer: text }) : text
}

function friendlyText(asked: ChatAsked, choice: number): string {
  const which = choice === 0 ? '' : `Answer ${choice + 1}. `
  const results = freshToolResults(asked.messages)
  if (results.length > 0) {
    const told = results.map(({ name, text }) => `The tool ${name} says: ${excerpt(text, 200)}`)
    return `${which}${told.join('\n')}\n(Put together by the gateway's built-in mock.)`
  }
  const said = excerpt(lastUserText(asked.messages), 80)
  const heard = said === '' ? 'You sent no text.' : `You said: "${said}".`
  return (
    `${which}Hello! ${heard} I am the gateway's built-in mock, so no provider was asked. For real answers set a ` +
    `provider's key (OPENAI_API_KEY, ANTHROPIC_API_KEY, …) or list providers in config.yaml, and restart the gateway.`
  )
}

function exampleFor(schema: unknown, param: string): unknown {
  try {
    return exampleOf(schema)
  } catch (error) {
    if (!(error instanceof NoExample)) throw error
    throw invalid(param, `The mock provider cannot make up a value for this schema: ${error.message}.`)
  }
}

function cutAtStop(text: string, stops: string[]): string {
  let end = text.length
  for (const stop of stops) {
    const at = text.indexOf(stop)
    if (at !== -1 && at < end) end = at
  }
  return text.slice(0, end)
}

/** Thinking, text and calls share the tokens in this order, as they would come. */
function withinLimit(whole: Omit<Answer, 'tokens' | 'reasoningTokens'>, maxTokens: number): Answer {
  let left = maxTokens
  let isCut = false
  const take = (text: string): string => {
    const kept = firstTokens(text, left)
    left -= kept.tokens
    isCut ||= kept.text.length < text.length
    return kept.text
  }
  // Without a limit nothing is cut, so counting is enough.
  if (maxTokens === Infinity) return { ...whole, ...countAll(whole) }
  const reasoning = take(whole.reasoning)
  const reasoningTokens = maxTokens - left
  const content = whole.content === null ? null : take(whole.content)
  const toolCalls: ToolCall[] = []
  for (const call of whole.toolCalls) {
    isCut ||= left === 0
    if (left === 0) break
    left--
    toolCalls.push({ ...call, arguments: take(call.arguments) })
  }
  const finish = isCut ? 'length' : whole.finish
  return { reasoning, content, toolCalls, finish, reasoningTokens, tokens: maxTokens - left }
}

function countAll(whole: Omit<Answer, 'tokens' | 'reasoningTokens'>): {
  tokens: number
  reasoningTokens: number
} {
  const reasoningTokens = countTokens(whole.reasoning)
  let tokens = reasoningTokens + countTokens(whole.content ?? '')
  for (const call of whole.toolCalls) tokens += 1 + countTokens(call.arguments)
  return { tokens, reasoningTokens }
}

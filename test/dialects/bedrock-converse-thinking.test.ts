import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message, Thinking } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }

function encode(model: string, thinking: Thinking, more: Partial<ChatRequest> = {}) {
  const request: ChatRequest = { model, messages: [hello], stream: false, thinking, ...more }
  const { body, lost } = bedrockConverse.encodeRequest(request, {})
  const { messages: _messages, ...beside } = body
  return { ...beside, lost }
}
const fields = (additionalModelRequestFields: JsonObject, ...lost: string[]) => ({
  additionalModelRequestFields,
  lost,
})

describe("Claude's thinking", () => {
  const claude = 'anthropic.claude-sonnet-4-20250514-v1:0'
  const enabled = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } })

  test.each<[string, Thinking, ReturnType<typeof fields> & JsonObject]>([
    ['has a budget', { enabled: true, budgetTokens: 2000 }, fields(enabled(2000))],
    ['has at least 1024', { enabled: true, budgetTokens: 10 }, fields(enabled(1024), 'thinking')],
    ['has a usual budget', { enabled: true }, fields(enabled(2048))],
    ['has one for least', { enabled: true, effort: 'minimal' }, fields(enabled(1024))],
    ['has one for little', { enabled: true, effort: 'low' }, fields(enabled(1024))],
    ['has one for some', { enabled: true, effort: 'medium' }, fields(enabled(2048))],
    ['has one for much', { enabled: true, effort: 'high' }, fields(enabled(4096))],
    ['has one for more', { enabled: true, effort: 'xhigh' }, fields(enabled(8192))],
    ['has one for most', { enabled: true, effort: 'max' }, fields(enabled(16384))],
    [
      'has a usual one for an unknown word',
      { enabled: true, effort: 'huge' },
      fields(enabled(2048), 'thinking'),
    ],
    [
      'has a budget and an effort',
      { enabled: true, budgetTokens: 1500, effort: 'max' },
      { ...fields(enabled(1500)), outputConfig: { effort: 'max' } },
    ],
    [
      'may be shown in short',
      { enabled: true, budgetTokens: 1500, display: 'summarized' },
      fields({ thinking: { type: 'enabled', budget_tokens: 1500, display: 'summarized' } }),
    ],
    ['is free', { enabled: true, adaptive: true }, fields({ thinking: { type: 'adaptive' } })],
    [
      'is free with an effort, and not shown',
      { enabled: true, adaptive: true, effort: 'low', display: 'omitted' },
      {
        ...fields({ thinking: { type: 'adaptive', display: 'omitted' } }),
        outputConfig: { effort: 'low' },
      },
    ],
    [
      'is free without an effort it does not know',
      { enabled: true, adaptive: true, effort: 'minimal' },
      fields({ thinking: { type: 'adaptive' } }, 'thinking'),
    ],
    ['is off', { enabled: false }, fields({ thinking: { type: 'disabled' } })],
  ])('%s', (_what, thinking, expected) => {
    expect(encode(claude, thinking)).toEqual(expected)
  })

  test('may be an effort alone', () => {
    expect(encode(claude, { enabled: false, effort: 'high' })).toEqual({
      outputConfig: { effort: 'high' },
      lost: [],
    })
  })

  test.each<[number, Thinking, number]>([
    [1500, { enabled: true, budgetTokens: 4000 }, 1499],
    [1500, { enabled: true, effort: 'high' }, 1200],
    [1100, { enabled: true, effort: 'high' }, 1024],
  ])('leaves room below %i tokens', (maxOutputTokens, thinking, budget) => {
    expect(encode(claude, thinking, { maxOutputTokens })).toMatchObject({
      additionalModelRequestFields: enabled(budget),
      inferenceConfig: { maxTokens: maxOutputTokens },
      lost: 'budgetTokens' in thinking ? ['thinking'] : [],
    })
  })

  test('has no room below 1025 tokens', () => {
    const expected = { inferenceConfig: { maxTokens: 1024 }, lost: ['thinking'] }
    expect(encode(claude, { enabled: true }, { maxOutputTokens: 1024 })).toEqual(expected)
  })

  test('does not follow calls whose thinking was not sent back', () => {
    const call = { type: 'tool_call', id: 'c', name: 'f', arguments: '' } as const
    const signature = { dialect: 'bedrock-converse', value: 's' } as const
    const lostOf = (...content: Message['content']) =>
      encode(claude, { enabled: true }, { messages: [hello, { role: 'assistant', content }] }).lost
    expect(lostOf(call)).toEqual(['thinking'])
    expect(lostOf({ type: 'text', text: 'a' })).toEqual([])
    expect(lostOf({ type: 'thinking', text: 'Hm', signature }, call)).toEqual([])
    expect(lostOf({ type: 'redacted_thinking', data: signature }, call)).toEqual([])
  })

  test.each<[string, Partial<ChatRequest>, JsonObject, string[]]>([
    ['a temperature', { temperature: 0.5 }, {}, ['temperature']],
    ['a small share', { topP: 0.9 }, {}, ['top_p']],
    ['a number of tokens', { topK: 5 }, {}, ['top_k']],
    ['a large share', { topP: 0.95 }, { inferenceConfig: { topP: 0.95 } }, []],
    ['a temperature of 1', { temperature: 1 }, { inferenceConfig: { temperature: 1 } }, []],
  ])('takes or leaves %s', (_what, more, expected, lost) => {
    expect(encode(claude, { enabled: true }, more)).toEqual({ ...fields(enabled(2048)), ...expected, lost })
  })

  test.each([
    'us.anthropic.claude-opus-4-1-20250805-v1:0',
    'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456',
    'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:provisioned-model/abcdef123456',
  ])('is what %s is asked for', (model) => {
    expect(encode(model, { enabled: true })).toEqual(fields(enabled(2048)))
  })
})

describe("Nova 2's thinking", () => {
  const nova = 'global.amazon.nova-2-lite-v1:0'
  const config = (maxReasoningEffort: string) => ({
    reasoningConfig: { type: 'enabled', maxReasoningEffort },
  })

  test.each<[string, Thinking, ReturnType<typeof fields>]>([
    ['is off', { enabled: false }, fields({ reasoningConfig: { type: 'disabled' } })],
    ['is usual', { enabled: true }, fields(config('medium'))],
    ['is little', { enabled: true, effort: 'low' }, fields(config('low'))],
    ['is an effort alone', { enabled: false, effort: 'medium' }, fields(config('medium'))],
    ['is the most', { enabled: true, effort: 'high' }, fields(config('high'))],
    ['knows no less', { enabled: true, effort: 'minimal' }, fields(config('low'), 'thinking')],
    ['knows no more', { enabled: true, effort: 'xhigh' }, fields(config('high'), 'thinking')],
    ['knows no most', { enabled: true, effort: 'max' }, fields(config('high'), 'thinking')],
    ['knows no other word', { enabled: true, effort: 'constructor' }, fields(config('medium'), 'thinking')],
    ['follows a small budget', { enabled: true, budgetTokens: 2047 }, fields(config('low'))],
    ['follows a budget', { enabled: true, budgetTokens: 2048 }, fields(config('medium'))],
    ['follows a large budget', { enabled: true, budgetTokens: 4096 }, fields(config('high'))],
  ])('%s', (_what, thinking, expected) => {
    expect(encode(nova, thinking)).toEqual(expected)
  })

  test('is less where an answer is bounded, and goes without other settings where it is the most', () => {
    expect(
      encode(nova, { enabled: true, effort: 'high' }, { maxOutputTokens: 50, temperature: 0.5 }),
    ).toEqual({
      ...fields(config('medium'), 'thinking'),
      inferenceConfig: { maxTokens: 50, temperature: 0.5 },
    })
    const more = { temperature: 0.5, topP: 0.5, topK: 3 }
    expect(encode(nova, { enabled: true, effort: 'high' }, more)).toEqual(
      fields({ ...config('high'), inferenceConfig: { topK: 3 } }, 'temperature', 'top_p'),
    )
  })
})

describe('thinking of other models', () => {
  test.each<[string, Thinking, JsonObject | undefined, string[]]>([
    ['us.openai.gpt-5.6-luna', { enabled: true, effort: 'xhigh' }, { reasoning: { effort: 'xhigh' } }, []],
    ['us.openai.gpt-5.6-luna', { enabled: true, budgetTokens: 100 }, { reasoning: { effort: 'low' } }, []],
    ['us.openai.gpt-5.6-luna', { enabled: false }, { reasoning: { effort: 'none' } }, []],
    ['us.openai.gpt-5.6-luna', { enabled: true }, undefined, []],
    ['openai.gpt-oss-120b-1:0', { enabled: true, effort: 'high' }, { reasoning_effort: 'high' }, []],
    ['openai.gpt-oss-120b-1:0', { enabled: true, effort: 'max' }, { reasoning_effort: 'high' }, ['thinking']],
    ['openai.gpt-oss-120b-1:0', { enabled: false }, undefined, ['thinking']],
    ['moonshot.kimi-k2-thinking', { enabled: true, effort: 'low' }, { reasoning_effort: 'low' }, []],
    ['moonshotai.kimi-k2.5', { enabled: true }, { reasoning_effort: 'medium' }, []],
    ['amazon.nova-pro-v1:0', { enabled: true }, undefined, ['thinking']],
    ['deepseek.r1-v1:0', { enabled: false, effort: 'low' }, undefined, ['thinking']],
    ['deepseek.r1-v1:0', { enabled: false }, undefined, []],
  ])('%s, %j', (model, thinking, expected, lost) => {
    expect(encode(model, thinking)).toEqual({
      ...(expected && { additionalModelRequestFields: expected }),
      lost,
    })
  })
})

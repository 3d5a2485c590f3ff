/** How callers of each route ask for thinking, and what each provider is asked for it. */
import { describe, expect, test } from 'vitest'
import { routeNames, routes, type RouteName } from './routes.ts'
import { turns, type ProviderName, type Wire } from './turns.ts'
import { addressed, useWorld } from './world.ts'

const world = useWorld()

async function asked(provider: ProviderName, route: RouteName, fields: Wire, model = turns[provider].model) {
  world.on(provider, { json: turns[provider].json })
  const answer = await world.call(route, {
    ...routes[route].ask(addressed(provider)),
    ...fields,
    model: `${provider}/${model}`,
  })
  expect(answer.status).toBe(200)
  return { body: world.got(provider), dropped: answer.headers['x-gateway-dropped'] }
}

/** The three ways to ask for a little; a budget of 1500 is about as much as an effort of `low`. */
const little: Record<RouteName, Wire> = {
  chat: { reasoning_effort: 'low' },
  messages: { thinking: { type: 'enabled', budget_tokens: 1500 } },
  responses: { reasoning: { effort: 'low', summary: 'auto' } },
}
const none: Record<RouteName, Wire> = {
  chat: { reasoning_effort: 'none' },
  messages: { thinking: { type: 'disabled' } },
  responses: { reasoning: { effort: 'none' } },
}

const budget = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } })
const inBedrock = (fields: Wire) => ({ additionalModelRequestFields: fields })
const level = (thinkingLevel: string, more: Wire = {}) => ({
  generationConfig: { thinkingConfig: { ...more, thinkingLevel } },
})
const tokenBudget = (token_budget: number) => ({ thinking: { type: 'enabled', token_budget } })
const toOpenai = { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] }

type Expected = [ProviderName, Record<RouteName, [sent: Wire, dropped?: string]>]

const expectedOfLittle: Expected[] = [
  ['anthropic', { chat: [budget(1024)], messages: [budget(1500)], responses: [budget(1024)] }],
  [
    'bedrock',
    {
      chat: [inBedrock(budget(1024))],
      messages: [inBedrock(budget(1500))],
      responses: [inBedrock(budget(1024))],
    },
  ],
  [
    'gemini',
    {
      chat: [level('LOW', { includeThoughts: true })],
      // Of this model's two levels the one that spends at least as much.
      messages: [level('HIGH', { includeThoughts: true })],
      responses: [level('LOW', { includeThoughts: true })],
    },
  ],
  ['openai', { chat: [toOpenai], messages: [toOpenai], responses: [little.responses] }],
  [
    'deepseek',
    {
      chat: [{ reasoning_effort: 'low' }],
      messages: [{ reasoning_effort: 'low' }],
      responses: [{ reasoning_effort: 'low' }],
    },
  ],
  ['cohere', { chat: [tokenBudget(1024)], messages: [tokenBudget(1500)], responses: [tokenBudget(1024)] }],
  [
    'mistral',
    {
      chat: [{ reasoning_effort: 'high' }, 'reasoning_effort'],
      messages: [{ reasoning_effort: 'high' }],
      responses: [{ reasoning_effort: 'high' }, 'reasoning'],
    },
  ],
  [
    'ollama',
    {
      chat: [{ think: 'low' }],
      messages: [{ think: true }, 'thinking.budget_tokens'],
      responses: [{ think: 'low' }],
    },
  ],
]

const off = { thinking: { type: 'disabled' } }
const expectedOfNone: Expected[] = [
  ['anthropic', { chat: [off], messages: [off], responses: [off] }],
  ['bedrock', { chat: [inBedrock(off)], messages: [inBedrock(off)], responses: [inBedrock(off)] }],
  [
    'gemini',
    {
      chat: [level('LOW'), 'reasoning_effort'],
      messages: [level('LOW'), 'thinking'],
      responses: [level('LOW'), 'reasoning'],
    },
  ],
  [
    'openai',
    {
      chat: [{ reasoning: { effort: 'none' } }],
      messages: [{}, 'thinking'],
      responses: [{ reasoning: { effort: 'none' } }],
    },
  ],
  ['cohere', { chat: [off], messages: [off], responses: [off] }],
  ['ollama', { chat: [{ think: false }], messages: [{ think: false }], responses: [{ think: false }] }],
]

describe.each<[string, Record<RouteName, Wire>, Expected[]]>([
  ['a little thinking', little, expectedOfLittle],
  ['no thinking', none, expectedOfNone],
])('%s', (_what, fields, rows) => {
  const cases = rows.flatMap(([provider, expected]) =>
    routeNames.map((route) => ({ route, provider, sent: expected[route][0], dropped: expected[route][1] })),
  )
  test.each(cases)('asked for by $route of $provider', async ({ route, provider, sent, dropped }) => {
    const { body, dropped: named } = await asked(provider, route, fields[route])
    expect(body).toMatchObject(sent)
    expect(named).toBe(dropped)
  })
})

describe('Claude from 4.7 on, which takes no budget and tells its thoughts only where asked to', () => {
  const freely = (effort?: string, display = 'summarized') => ({
    thinking: { type: 'adaptive', display },
    ...(effort !== undefined && { output_config: { effort } }),
  })

  test.each<[string, RouteName, Wire, Wire, string?]>([
    ['claude-opus-4-7', 'chat', { reasoning_effort: 'low' }, freely('low')],
    ['claude-opus-4-8', 'chat', { reasoning_effort: 'xhigh' }, freely('xhigh')],
    ['claude-opus-4-10', 'chat', { reasoning_effort: 'minimal' }, freely('low'), 'reasoning_effort'],
    ['claude-sonnet-5', 'chat', { reasoning_effort: 'constructor' }, freely(), 'reasoning_effort'],
    ['claude-sonnet-5', 'chat', budget(2000), freely('low')],
    ['claude-sonnet-5', 'chat', budget(3000), freely('medium')],
    ['claude-opus-5-1', 'chat', budget(9000), freely('high')],
    ['claude-opus-4.7', 'responses', { reasoning: { effort: 'high' } }, freely('high')],
    [
      'claude-opus-4-7',
      'chat',
      { thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' } },
      freely('low', 'omitted'),
    ],
    ['claude-opus-4-7', 'chat', { reasoning_effort: 'none' }, off],
    ['claude-opus-4-6', 'chat', { reasoning_effort: 'low' }, budget(1024)],
    ['claude-opus-4-20250514', 'chat', { reasoning_effort: 'low' }, budget(1024)],
    ['claude-3-7-sonnet-20250219', 'chat', { reasoning_effort: 'low' }, budget(1024)],
  ])('%s asked by %s: %j', async (model, route, fields, sent, dropped) => {
    const { body, dropped: named } = await asked('anthropic', route, fields, model)
    const { thinking, output_config } = body
    expect({ thinking, ...(output_config !== undefined && { output_config }) }).toEqual(sent)
    expect(named).toBe(dropped)
  })

  test('at Bedrock too', async () => {
    const model = 'eu.anthropic.claude-opus-4-7-v1:0'
    const { body } = await asked('bedrock', 'chat', { reasoning_effort: 'low', temperature: 0.5 }, model)
    expect(body).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'adaptive', display: 'summarized' } },
      outputConfig: { effort: 'low' },
    })
    expect(body.inferenceConfig).toEqual({ maxTokens: 8000 })
  })
})

test("words of JavaScript's own objects are words like others", async () => {
  const { body, dropped } = await asked('anthropic', 'chat', {
    reasoning_effort: 'constructor',
    service_tier: 'toString',
  })
  expect(body).toMatchObject(budget(2048))
  expect(body.service_tier).toBeUndefined()
  expect(dropped?.toString().split(/, ?/)).toEqual(
    expect.arrayContaining(['reasoning_effort', 'service_tier']),
  )
})

test('and so are they in answers', async () => {
  world.on('anthropic', {
    json: {
      ...turns.anthropic.json,
      stop_reason: 'constructor',
      usage: { input_tokens: 1, output_tokens: 1, service_tier: 'valueOf' },
    },
  })
  const { json } = await world.call('chat', routes.chat.ask(addressed('anthropic')))
  expect(json).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] })
  expect(json).not.toHaveProperty('service_tier')
  world.on('deepseek', { json: { ...turns.deepseek.json, service_tier: 'constructor' } })
  const message = await world.call('messages', routes.messages.ask(addressed('deepseek')))
  expect(message.json.usage).not.toHaveProperty('service_tier')
})

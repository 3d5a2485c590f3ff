/** Marks of what a provider shall cache: carried where they have a place, dropped and named elsewhere. */
import { describe, expect, test } from 'vitest'
import { routes, type RouteName } from './routes.ts'
import { providerNames, turns, type ProviderName, type Wire } from './turns.ts'
import { addressed, useWorld } from './world.ts'

const world = useWorld()

async function sent(provider: ProviderName, route: RouteName, fields: Wire, headers = {}) {
  world.on(provider, { json: turns[provider].json })
  const request = { ...routes[route].ask(addressed(provider)), ...fields }
  const answer = await world.call(route, request, headers)
  return { ...answer, dropped: answer.headers['x-gateway-dropped'] }
}

const mark = (ttl?: '5m' | '1h') => ({
  cache_control: { type: 'ephemeral', ...(ttl !== undefined && { ttl }) },
})
const point = (ttl?: '1h') => ({
  cachePoint: { type: 'default', ...(ttl !== undefined && { ttl }) },
})
const schema = { type: 'object', properties: {} }
const call = { id: 'Wea7herA1', name: 'look_up' }

/** The same marks: an hour for tools and instructions, five minutes for what was said last. */
const marked: Record<'chat' | 'messages', Wire> = {
  messages: {
    tools: [{ name: call.name, input_schema: schema, ...mark('1h') }],
    system: [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.', ...mark('1h') },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Look it up.', ...mark() }] },
      { role: 'assistant', content: [{ type: 'tool_use', ...call, input: {}, ...mark('5m') }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Found.', ...mark('5m') }],
      },
    ],
  },
  chat: {
    tools: [{ type: 'function', function: { name: call.name, parameters: schema }, ...mark('1h') }],
    messages: [
      {
        role: 'system',
        content: [
          { type: 'text', text: 'Be brief.' },
          { type: 'text', text: 'Be kind.', ...mark('1h') },
        ],
      },
      { role: 'user', content: 'Look it up.', ...mark() },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: '{}' } }],
        ...mark('5m'),
      },
      { role: 'tool', tool_call_id: call.id, content: [{ type: 'text', text: 'Found.', ...mark('5m') }] },
    ],
  },
}

const toAnthropic: Wire = {
  tools: [{ name: call.name, input_schema: schema, ...mark('1h') }],
  system: marked.messages.system,
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Look it up.', ...mark() }] },
    { role: 'assistant', content: [{ type: 'tool_use', ...call, input: {}, ...mark('5m') }] },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: call.id,
          content: [{ type: 'text', text: 'Found.' }],
          ...mark('5m'),
        },
      ],
    },
  ],
}
// Five minutes are what a point without a time means.
const toBedrock: Wire = {
  toolConfig: {
    tools: [{ toolSpec: { name: call.name, inputSchema: { json: schema } } }, point('1h')],
  },
  system: [{ text: 'Be brief.' }, { text: 'Be kind.' }, point('1h')],
  messages: [
    { role: 'user', content: [{ text: 'Look it up.' }, point()] },
    {
      role: 'assistant',
      content: [{ toolUse: { toolUseId: call.id, name: call.name, input: {} } }, point()],
    },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: call.id, content: [{ text: 'Found.' }] } }, point()],
    },
  ],
}

describe.each(['chat', 'messages'] as const)('cache_control of a caller of %s', (route) => {
  test.each<[ProviderName, Wire]>([
    ['anthropic', route === 'messages' ? marked.messages : toAnthropic],
    ['bedrock', toBedrock],
  ])('goes to %s where it stood, as long as it said', async (provider, expected) => {
    const { status, dropped } = await sent(provider, route, marked[route], { 'x-gateway-strict': 'true' })
    expect([status, dropped]).toEqual([200, undefined])
    expect(world.got(provider)).toMatchObject(expected)
  })

  const others = providerNames.filter((name) => !['anthropic', 'bedrock'].includes(name))
  // A server of OpenAI's shape is sent what the caller of chats wrote.
  test.each(others.filter((name) => name !== 'deepseek' || route !== 'chat'))(
    'is dropped and named for %s',
    async (provider) => {
      const strict = await sent(provider, route, marked[route], { 'x-gateway-strict': 'true' })
      expect(strict.status).toBe(400)
      expect(strict.text).toContain('cache_control')
      expect(await sent(provider, route, marked[route])).toMatchObject({
        status: 200,
        dropped: 'cache_control',
      })
      expect(JSON.stringify(world.got(provider))).not.toMatch(/cache/i)
    },
  )
})

test('of Bedrock only Claude is sent points, because the others refuse them', async () => {
  world.on('bedrock', { json: turns.bedrock.json })
  const request = { ...routes.chat.ask('bedrock/amazon.nova-pro-v1:0'), ...marked.chat }
  const { headers } = await world.call('chat', request)
  expect(headers['x-gateway-dropped']).toBe('cache_control')
  expect(JSON.stringify(world.got('bedrock'))).not.toContain('cachePoint')
})

test.each<[RouteName, string]>([
  ['messages', 'messages[0].content[0].cache_control.ttl'],
  ['chat', 'messages[0].content[0].cache_control.ttl'],
])('%s: a time that no provider has is refused with its place', async (route, param) => {
  const content = [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral', ttl: '2h' } }]
  const { status, text } = await sent('bedrock', route, { messages: [{ role: 'user', content }] })
  expect(status).toBe(400)
  expect(text).toContain(param)
})

test("Anthropic's automatic caching of a whole request is dropped and named elsewhere", async () => {
  expect(await sent('anthropic', 'messages', mark('1h'), { 'x-gateway-strict': 'true' })).toMatchObject({
    status: 200,
  })
  expect(world.got('anthropic')).toMatchObject(mark('1h'))
  expect(await sent('gemini', 'messages', mark('1h'))).toMatchObject({
    status: 200,
    dropped: 'cache_control',
  })
})

describe.each(['chat', 'responses'] as const)('prompt_cache_key of a caller of %s', (route) => {
  const fields = { prompt_cache_key: 'tenant-7' }

  test('goes to OpenAI', async () => {
    const answer = await sent('openai', route, fields, { 'x-gateway-strict': 'true' })
    expect(answer.status).toBe(200)
    expect(world.got('openai')).toMatchObject(fields)
  })

  test.each<ProviderName>(['anthropic', 'gemini', 'bedrock', 'cohere', 'ollama'])(
    'is dropped and named for %s',
    async (provider) => {
      const { status, dropped } = await sent(provider, route, fields)
      expect([status, dropped]).toEqual([200, 'prompt_cache_key'])
      expect(JSON.stringify(world.got(provider))).not.toContain('tenant-7')
    },
  )
})

import { CohereClientV2, CohereError } from 'cohere-ai'
import { describe, expect, test } from 'vitest'
import { loadFixture, loadFixtures } from '../support/fixtures.ts'
import { drain, key, useSides, type Difference, type Row, type Wire } from './side-by-side.ts'

type ChatCall = Parameters<CohereClientV2['chat']>[0]
type Messages = ChatCall['messages']

const model = 'command-a-03-2025'
const embeddingModel = 'embed-v4.0'

const answered = { id: 'r1', message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] } }
const frames = [
  { type: 'message-start', id: 'r1', delta: { message: { role: 'assistant' } } },
  { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: 'Hi' } } } },
  { type: 'content-end', index: 0 },
  { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
]

/** How what the gateway sends differs from what Cohere's SDK sends for the same call. */
const differences = {
  'no stream: false': {
    why: 'It is what happens without a word.',
    apply: ({ stream: _stream, ...body }) => body,
  },
  'arguments are objects': {
    why: "Anthropic's calls have objects for arguments: their text is ours, without spaces.",
    apply: (body) => ({ ...body, messages: (body.messages as Wire[]).map(withoutSpaces) }),
  },
} satisfies Record<string, Difference>
type Name = keyof typeof differences

function withoutSpaces(message: Wire): Wire {
  const calls = message.tool_calls as { function: { name: string; arguments: string } }[] | undefined
  if (!calls) return message
  const text = ({ function: called }: (typeof calls)[number]) => JSON.stringify(JSON.parse(called.arguments))
  return {
    ...message,
    tool_calls: calls.map((call) => ({ ...call, function: { ...call.function, arguments: text(call) } })),
  }
}

const sides = useSides(
  {
    type: 'cohere',
    models: [model, embeddingModel],
    open: (origin) => new CohereClientV2({ token: key, environment: origin, maxRetries: 0 }),
    answer: (_request, _response, { path, json }) => {
      if (path === '/v2/embed') {
        const base64 = (json?.embedding_types as string[])[0] === 'base64'
        const vectors = (json?.texts as string[]).map(() => (base64 ? 'AAAAPw==' : [0.5]))
        return { json: { id: 'e1', embeddings: base64 ? { base64: vectors } : { float: vectors } } }
      }
      if (json?.stream !== true) return { json: { ...answered, finish_reason: 'COMPLETE' } }
      return { sse: frames.map((frame) => `event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`) }
    },
  },
  differences,
)

const chat =
  (call: Partial<ChatCall> & { messages: Messages }) =>
  (client: CohereClientV2): Promise<unknown> =>
    client.chat({ model, ...call })
const hello: Messages = [{ role: 'user', content: 'Hello' }]
const helloWire = { model, messages: [{ role: 'user', content: 'Hello' }] }
/** The caller asks for the same on OpenAI's route. */
const openai = (more: Wire = {}) =>
  ({ route: '/v1/chat/completions', body: { ...helloWire, ...more }, differs: ['no stream: false'] }) as const
/** On Anthropic's route, which demands `max_tokens`. */
const anthropic = (more: Wire = {}) =>
  ({
    route: '/v1/messages',
    body: { ...helloWire, max_tokens: 500, ...more },
    differs: ['no stream: false'],
  }) as const

const schema = {
  type: 'object',
  properties: { cityName: { type: 'string' } },
  required: ['cityName'],
  additionalProperties: false,
}
const weather = { name: 'get_weather', description: 'The weather in a city', parameters: schema }
const time = { name: 'get_time', description: 'The time in a city', parameters: schema }
const sdkTools = [weather, time].map((tool) => ({ type: 'function' as const, function: tool }))
const openaiTools = [weather, time].map((tool) => ({ type: 'function', function: tool }))
const anthropicTools = [weather, time].map(({ name, description }) => ({
  name,
  description,
  input_schema: schema,
}))

const written = '{"cityName": "Tokyo"}'
const toolTurns: Messages = [
  { role: 'user', content: 'Weather and time in Tokyo?' },
  {
    role: 'assistant',
    toolPlan: 'I will look.',
    toolCalls: [
      { id: 'w1', type: 'function', function: { name: 'get_weather', arguments: written } },
      { id: 't1', type: 'function', function: { name: 'get_time', arguments: written } },
    ],
  },
  { role: 'tool', toolCallId: 'w1', content: 'sunny' },
  {
    role: 'tool',
    toolCallId: 't1',
    content: [
      { type: 'text', text: '4 pm' },
      { type: 'text', text: 'JST' },
    ],
  },
]
const pixel = 'iVBORw0KGgo='
const thought: Messages = [
  { role: 'user', content: 'Hello' },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'They greet.' },
      { type: 'text', text: 'Hi' },
    ],
  },
  { role: 'user', content: 'Again' },
]

const rows: Record<string, Row<CohereClientV2, Name>> = {
  text: { sdk: chat({ messages: hello }), ...openai() },
  'text, from Anthropic': { sdk: chat({ messages: hello, maxTokens: 500 }), ...anthropic() },
  'a system message and several turns': {
    sdk: chat({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'Two' },
          ],
        },
      ],
    }),
    ...openai({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'Two' },
          ],
        },
      ],
    }),
  },
  'a system message, from Anthropic': {
    sdk: chat({ messages: [{ role: 'system', content: 'Be brief.' }, ...hello], maxTokens: 500 }),
    ...anthropic({ system: 'Be brief.' }),
  },
  'a stream': {
    sdk: async (client) => drain(await client.chatStream({ model, messages: hello })),
    ...openai({ stream: true }),
    differs: [],
  },
  'a stream, from Anthropic': {
    sdk: async (client) => drain(await client.chatStream({ model, messages: hello, maxTokens: 500 })),
    ...anthropic({ stream: true }),
    differs: [],
  },
  'numbers and stops': {
    sdk: chat({
      messages: hello,
      maxTokens: 50,
      temperature: 0.3,
      p: 0.9,
      k: 40,
      seed: 7,
      stopSequences: ['END', 'STOP'],
      frequencyPenalty: 0.5,
      logprobs: true,
    }),
    ...openai({
      max_completion_tokens: 50,
      temperature: 0.3,
      top_p: 0.9,
      top_k: 40,
      seed: 7,
      stop: ['END', 'STOP'],
      frequency_penalty: 0.5,
      presence_penalty: 0,
      logprobs: true,
    }),
  },
  'the other penalty': {
    sdk: chat({ messages: hello, presencePenalty: 0.5 }),
    ...openai({ presence_penalty: 0.5 }),
  },
  'numbers and stops, from Anthropic': {
    sdk: chat({ messages: hello, maxTokens: 500, temperature: 0.3, p: 0.9, k: 40, stopSequences: ['END'] }),
    ...anthropic({ temperature: 0.3, top_p: 0.9, top_k: 40, stop_sequences: ['END'] }),
  },
  tools: {
    sdk: chat({ messages: hello, tools: sdkTools }),
    ...openai({ tools: openaiTools, tool_choice: 'auto' }),
  },
  'tools, from Anthropic': {
    sdk: chat({ messages: hello, maxTokens: 500, tools: sdkTools, toolChoice: 'REQUIRED' }),
    ...anthropic({ tools: anthropicTools, tool_choice: { type: 'any' } }),
  },
  'tools that must be used': {
    sdk: chat({ messages: hello, tools: sdkTools, toolChoice: 'REQUIRED' }),
    ...openai({ tools: openaiTools, tool_choice: 'required' }),
  },
  'tools that must not be used': {
    sdk: chat({ messages: hello, tools: sdkTools, toolChoice: 'NONE' }),
    ...openai({ tools: openaiTools, tool_choice: 'none' }),
  },
  'the tool that must be used': {
    sdk: chat({ messages: hello, tools: sdkTools.slice(1), toolChoice: 'REQUIRED' }),
    ...openai({ tools: openaiTools, tool_choice: { type: 'function', function: { name: 'get_time' } } }),
  },
  'the tool that must be used, from Anthropic': {
    sdk: chat({ messages: hello, maxTokens: 500, tools: sdkTools.slice(1), toolChoice: 'REQUIRED' }),
    ...anthropic({ tools: anthropicTools, tool_choice: { type: 'tool', name: 'get_time' } }),
  },
  'strict tools': {
    sdk: chat({ messages: hello, tools: sdkTools, strictTools: true }),
    ...openai({
      tools: openaiTools.map((tool) => ({ ...tool, function: { ...tool.function, strict: true } })),
    }),
  },
  'results of tools': {
    sdk: chat({ messages: toolTurns, tools: sdkTools }),
    ...openai({
      tools: openaiTools,
      messages: [
        { role: 'user', content: 'Weather and time in Tokyo?' },
        {
          role: 'assistant',
          content: 'I will look.',
          tool_calls: [
            { id: 'w1', type: 'function', function: { name: 'get_weather', arguments: written } },
            { id: 't1', type: 'function', function: { name: 'get_time', arguments: written } },
          ],
        },
        { role: 'tool', tool_call_id: 'w1', content: 'sunny' },
        {
          role: 'tool',
          tool_call_id: 't1',
          content: [
            { type: 'text', text: '4 pm' },
            { type: 'text', text: 'JST' },
          ],
        },
      ],
    }),
  },
  'results of tools, from Anthropic': {
    sdk: chat({ messages: toolTurns, maxTokens: 500, tools: sdkTools }),
    ...anthropic({
      tools: anthropicTools,
      messages: [
        { role: 'user', content: 'Weather and time in Tokyo?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I will look.' },
            { type: 'tool_use', id: 'w1', name: 'get_weather', input: { cityName: 'Tokyo' } },
            { type: 'tool_use', id: 't1', name: 'get_time', input: { cityName: 'Tokyo' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'w1', content: 'sunny' },
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: [
                { type: 'text', text: '4 pm' },
                { type: 'text', text: 'JST' },
              ],
            },
          ],
        },
      ],
    }),
    differs: ['no stream: false', 'arguments are objects'],
  },
  'a result that is a document, from Anthropic': {
    sdk: chat({
      messages: [
        ...toolTurns.slice(0, 3),
        {
          role: 'tool',
          toolCallId: 't1',
          content: [{ type: 'document', document: { data: { title: 'Clock', text: '4 pm' } } }],
        },
      ],
      maxTokens: 500,
    }),
    ...anthropic({
      messages: [
        { role: 'user', content: 'Weather and time in Tokyo?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I will look.' },
            { type: 'tool_use', id: 'w1', name: 'get_weather', input: { cityName: 'Tokyo' } },
            { type: 'tool_use', id: 't1', name: 'get_time', input: { cityName: 'Tokyo' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'w1', content: 'sunny' },
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: [
                {
                  type: 'document',
                  title: 'Clock',
                  source: { type: 'text', media_type: 'text/plain', data: '4 pm' },
                },
              ],
            },
          ],
        },
      ],
    }),
    differs: ['no stream: false', 'arguments are objects'],
  },
  images: {
    sdk: chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare.' },
            { type: 'image_url', imageUrl: { url: 'https://x.test/a.png', detail: 'low' } },
            { type: 'image_url', imageUrl: { url: `data:image/png;base64,${pixel}` } },
          ],
        },
      ],
    }),
    ...openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare.' },
            { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
          ],
        },
      ],
    }),
  },
  'images, from Anthropic': {
    sdk: chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', imageUrl: { url: `data:image/png;base64,${pixel}` } },
            { type: 'image_url', imageUrl: { url: 'https://x.test/a.png' } },
          ],
        },
      ],
      maxTokens: 500,
    }),
    ...anthropic({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
            { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
          ],
        },
      ],
    }),
  },
  JSON: {
    sdk: chat({ messages: hello, responseFormat: { type: 'json_object' } }),
    ...openai({ response_format: { type: 'json_object' } }),
  },
  'a JSON schema': {
    sdk: chat({ messages: hello, responseFormat: { type: 'json_object', jsonSchema: schema } }),
    ...openai({ response_format: { type: 'json_schema', json_schema: { name: 'city', schema } } }),
  },
  'a JSON schema, from Anthropic': {
    sdk: chat({
      messages: hello,
      maxTokens: 500,
      responseFormat: { type: 'json_object', jsonSchema: schema },
    }),
    ...anthropic({ output_config: { format: { type: 'json_schema', schema } } }),
  },
  'little thinking': {
    sdk: chat({ messages: hello, thinking: { type: 'enabled', tokenBudget: 1024 } }),
    ...openai({ reasoning_effort: 'low' }),
  },
  'no thinking': {
    sdk: chat({ messages: hello, thinking: { type: 'disabled' } }),
    ...openai({ reasoning_effort: 'none' }),
  },
  'a budget of thinking, from Anthropic': {
    sdk: chat({ messages: hello, maxTokens: 4000, thinking: { type: 'enabled', tokenBudget: 2000 } }),
    ...anthropic({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } }),
  },
  'thinking of an earlier turn': {
    sdk: chat({ messages: thought }),
    ...openai({
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi', reasoning_content: 'They greet.' },
        { role: 'user', content: 'Again' },
      ],
    }),
  },
  'thinking of an earlier turn, from Anthropic': {
    sdk: chat({ messages: thought, maxTokens: 500 }),
    ...anthropic({
      messages: [
        { role: 'user', content: 'Hello' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'They greet.', signature: '' },
            { type: 'text', text: 'Hi' },
          ],
        },
        { role: 'user', content: 'Again' },
      ],
    }),
  },
  embeddings: {
    sdk: (client) =>
      client.embed({
        model: embeddingModel,
        texts: ['one', 'two'],
        inputType: 'search_document',
        embeddingTypes: ['float'],
      }),
    route: '/v1/embeddings',
    body: { model: embeddingModel, input: ['one', 'two'] },
  },
  'embeddings of a size, in base64': {
    sdk: (client) =>
      client.embed({
        model: embeddingModel,
        texts: ['one'],
        inputType: 'search_document',
        embeddingTypes: ['base64'],
        outputDimension: 256,
      }),
    route: '/v1/embeddings',
    body: { model: embeddingModel, input: 'one', dimensions: 256, encoding_format: 'base64', user: 'u' },
    dropped: 'user',
  },
}

test.each(Object.entries(rows))('the gateway and the SDK send the same: %s', async (_name, row) => {
  await sides.expectSame(row)
})

describe('the SDK takes what the recordings say', () => {
  const recordings = loadFixtures({ dialect: 'cohere-v2-chat', without: 'error' })
  const texts = (parts: readonly (Wire | undefined)[] = []) =>
    parts.map((part) => part?.text ?? part?.thinking)

  test.each(
    recordings.filter(({ response }) => response.body).map((fixture) => [fixture.id, fixture] as const),
  )('%s', async (_id, fixture) => {
    sides.upstream.on({ fixture })
    const body = fixture.response.body as { id: string; message: Wire; finish_reason: string }
    const { id, message, finishReason } = await sides.client.chat({ model, messages: hello })
    expect({ id, finishReason }).toEqual({ id: body.id, finishReason: body.finish_reason })
    expect(texts(message.content as unknown as Wire[])).toEqual(texts(body.message.content as Wire[]))
    expect(message.toolPlan).toBe(body.message.tool_plan)
    expect(message.toolCalls).toEqual(body.message.tool_calls)
  })

  test.each(
    recordings.filter(({ response }) => response.bodyText).map((fixture) => [fixture.id, fixture] as const),
  )('%s', async (_id, fixture) => {
    sides.upstream.on({ fixture, chunkBytes: 50 })
    const events = await drain(await sides.client.chatStream({ model, messages: hello }))
    const said = [...fixture.response.bodyText!.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)
    expect(events.map(({ type }) => type)).toEqual(said)
  })

  test('an embedding', async () => {
    const fixture = loadFixture('cohere/embed')
    sides.upstream.on({ fixture })
    const { embeddings, meta } = await sides.client.embed({
      model: embeddingModel,
      texts: ['one'],
      inputType: 'search_document',
    })
    expect(embeddings.float).toHaveLength(6)
    expect(meta?.billedUnits?.inputTokens).toBe(208)
  })

  test.each(['cohere/chat-rate-limit-429', 'cohere/embed-error'])('%s', async (id) => {
    const fixture = loadFixture(id)
    sides.upstream.on({ fixture })
    const failed = await sides.client.chat({ model, messages: hello }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(CohereError)
    expect(failed).toMatchObject({ statusCode: fixture.response.status, body: fixture.response.body })
  })
})

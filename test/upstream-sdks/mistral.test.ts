import { Mistral } from '@mistralai/mistralai'
import type { ChatCompletionRequest } from '@mistralai/mistralai/models/components/index.js'
import { MistralError } from '@mistralai/mistralai/models/errors/index.js'
import { describe, expect, test } from 'vitest'
import { loadFixture, loadFixtures } from '../support/fixtures.ts'
import { chatChunk, chatCompletion, sse } from '../support/upstream.ts'
import { drain, key, useSides, type Difference, type Row, type Wire } from './side-by-side.ts'

type Messages = ChatCompletionRequest['messages']

const model = 'mistral-small-latest'
const embeddingModel = 'mistral-embed'

const changeMessages = (body: Wire, change: (message: Wire) => Wire): Wire => ({
  ...body,
  messages: (body.messages as Wire[]).map(change),
})

/** How what the gateway sends differs from what Mistral's SDK sends for the same call. */
const differences = {
  'no stream: false': {
    why: 'It is what happens without a word.',
    apply: ({ stream: _stream, ...body }) => body,
  },
  'no prefix: false': {
    why: 'It is what happens without a word.',
    apply: (body) =>
      changeMessages(body, ({ prefix, ...message }) => (prefix === true ? { ...message, prefix } : message)),
  },
  'calls have a type, and no index': {
    why: 'An index says nothing in a list; the type is what OpenAI demands and Mistral takes.',
    apply: (body) =>
      changeMessages(body, (message) => {
        const calls = message.tool_calls as Wire[] | undefined
        const typed = calls?.map(({ index: _index, ...call }) => ({ ...call, type: 'function' }))
        return typed ? { ...message, tool_calls: typed } : message
      }),
  },
  'content is null beside calls': {
    why: 'A call without text has no content, as OpenAI writes it.',
    apply: (body) =>
      changeMessages(body, (message) =>
        message.tool_calls && !message.content ? { ...message, content: null } : message,
      ),
  },
} satisfies Record<string, Difference>
type Name = keyof typeof differences

const sides = useSides(
  {
    type: 'mistral',
    models: [model, embeddingModel],
    open: (origin) => new Mistral({ apiKey: key, serverURL: origin, retryConfig: { strategy: 'none' } }),
    answer: (_request, _response, { path, json }) => {
      if (path === '/v1/embeddings') {
        const embedding = json?.encoding_format === 'base64' ? 'AAAAPw==' : [0.5]
        const usage = { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 }
        const data = [{ object: 'embedding', index: 0, embedding }]
        return { json: { id: 'e1', object: 'list', model: embeddingModel, data, usage } }
      }
      if (json?.stream !== true) return { json: chatCompletion('Hi') }
      return {
        sse: sse(
          chatChunk({ role: 'assistant', content: 'Hi' }),
          chatChunk({ content: '' }, 'stop'),
          '[DONE]',
        ),
      }
    },
  },
  differences,
)

type ChatCall = Partial<ChatCompletionRequest> & { messages: Messages }
const chat =
  (call: ChatCall) =>
  (client: Mistral): Promise<unknown> =>
    client.chat.complete({ model, ...call })
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
const sdkTools = [{ type: 'function' as const, function: weather }]
const anthropicTools = [{ name: weather.name, description: weather.description, input_schema: schema }]

const written = '{"cityName":"Tokyo"}'
const toolTurns: Messages = [
  { role: 'user', content: 'Weather in Tokyo?' },
  {
    role: 'assistant',
    content: 'I will look.',
    toolCalls: [{ id: 'abcdefgh1', function: { name: 'get_weather', arguments: written } }],
  },
  { role: 'tool', toolCallId: 'abcdefgh1', content: 'sunny' },
]
const toolsDiffer = ['no stream: false', 'no prefix: false', 'calls have a type, and no index'] as const
const pixel = 'iVBORw0KGgo='
const thought: Messages = [
  { role: 'user', content: 'Hello' },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: [{ type: 'text', text: 'They greet.' }] },
      { type: 'text', text: 'Hi' },
    ],
  },
  { role: 'user', content: 'Again' },
]

const rows: Record<string, Row<Mistral, Name>> = {
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
    differs: ['no stream: false', 'no prefix: false'],
  },
  'a system message, from Anthropic': {
    sdk: chat({ messages: [{ role: 'system', content: 'Be brief.' }, ...hello], maxTokens: 500 }),
    ...anthropic({ system: 'Be brief.' }),
  },
  'a beginning of the answer': {
    sdk: chat({ messages: [...hello, { role: 'assistant', content: 'Good', prefix: true }] }),
    ...openai({ messages: [...helloWire.messages, { role: 'assistant', content: 'Good', prefix: true }] }),
  },
  'a beginning of the answer, from Anthropic': {
    sdk: chat({ messages: [...hello, { role: 'assistant', content: 'Good', prefix: true }], maxTokens: 500 }),
    ...anthropic({ messages: [...helloWire.messages, { role: 'assistant', content: 'Good' }] }),
  },
  'a stream': {
    sdk: async (client) => drain(await client.chat.stream({ model, messages: hello })),
    ...openai({ stream: true, stream_options: { include_usage: true } }),
    differs: [],
  },
  'a stream, from Anthropic': {
    sdk: async (client) => drain(await client.chat.stream({ model, messages: hello, maxTokens: 500 })),
    ...anthropic({ stream: true }),
    differs: [],
  },
  'numbers and stops': {
    sdk: chat({
      messages: hello,
      maxTokens: 50,
      temperature: 0.3,
      topP: 0.9,
      randomSeed: 7,
      stop: ['END', 'STOP'],
      frequencyPenalty: 0.5,
      presencePenalty: -0.5,
      n: 2,
      metadata: { team: 'a' },
      safePrompt: true,
      prediction: { type: 'content', content: 'Hi' },
    }),
    ...openai({
      max_completion_tokens: 50,
      temperature: 0.3,
      top_p: 0.9,
      seed: 7,
      stop: ['END', 'STOP'],
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      n: 2,
      metadata: { team: 'a' },
      safe_prompt: true,
      prediction: { type: 'content', content: 'Hi' },
    }),
  },
  'numbers and stops, from Anthropic': {
    sdk: chat({ messages: hello, maxTokens: 500, temperature: 0.3, topP: 0.9, stop: ['END'] }),
    ...anthropic({ temperature: 0.3, top_p: 0.9, stop_sequences: ['END'] }),
  },
  tools: {
    sdk: chat({ messages: hello, tools: sdkTools, toolChoice: 'auto', parallelToolCalls: false }),
    ...openai({ tools: sdkTools, tool_choice: 'auto', parallel_tool_calls: false }),
  },
  'strict tools': {
    sdk: chat({ messages: hello, tools: [{ type: 'function', function: { ...weather, strict: true } }] }),
    ...openai({ tools: [{ type: 'function', function: { ...weather, strict: true } }] }),
  },
  'tools, from Anthropic': {
    sdk: chat({ messages: hello, maxTokens: 500, tools: sdkTools, toolChoice: 'any' }),
    ...anthropic({ tools: anthropicTools, tool_choice: { type: 'any' } }),
  },
  'tools that must be used': {
    sdk: chat({ messages: hello, tools: sdkTools, toolChoice: 'any' }),
    ...openai({ tools: sdkTools, tool_choice: 'required' }),
  },
  'tools that must not be used': {
    sdk: chat({ messages: hello, tools: sdkTools, toolChoice: 'none' }),
    ...openai({ tools: sdkTools, tool_choice: 'none' }),
  },
  'the tool that must be used': {
    sdk: chat({
      messages: hello,
      tools: sdkTools,
      toolChoice: { type: 'function', function: { name: 'get_weather' } },
    }),
    ...openai({ tools: sdkTools, tool_choice: { type: 'function', function: { name: 'get_weather' } } }),
  },
  'the tool that must be used, from Anthropic': {
    sdk: chat({
      messages: hello,
      maxTokens: 500,
      tools: sdkTools,
      toolChoice: { type: 'function', function: { name: 'get_weather' } },
    }),
    ...anthropic({ tools: anthropicTools, tool_choice: { type: 'tool', name: 'get_weather' } }),
  },
  'results of tools': {
    sdk: chat({ messages: toolTurns, tools: sdkTools }),
    ...openai({
      tools: sdkTools,
      messages: [
        { role: 'user', content: 'Weather in Tokyo?' },
        {
          role: 'assistant',
          content: 'I will look.',
          tool_calls: [
            { id: 'abcdefgh1', type: 'function', function: { name: 'get_weather', arguments: written } },
          ],
        },
        { role: 'tool', tool_call_id: 'abcdefgh1', content: 'sunny' },
      ],
    }),
    differs: toolsDiffer,
  },
  'results of tools, from Anthropic': {
    sdk: chat({ messages: toolTurns, maxTokens: 500, tools: sdkTools }),
    ...anthropic({
      tools: anthropicTools,
      messages: [
        { role: 'user', content: 'Weather in Tokyo?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I will look.' },
            { type: 'tool_use', id: 'abcdefgh1', name: 'get_weather', input: { cityName: 'Tokyo' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'abcdefgh1', content: 'sunny' }] },
      ],
    }),
    differs: toolsDiffer,
  },
  'results of tools, called without a word': {
    sdk: chat({
      messages: [
        ...hello,
        {
          role: 'assistant',
          toolCalls: [{ id: 'abcdefgh1', function: { name: 'get_weather', arguments: written } }],
        },
        {
          role: 'tool',
          toolCallId: 'abcdefgh1',
          content: [
            { type: 'text', text: 'sunny' },
            { type: 'text', text: 'warm' },
          ],
        },
      ],
      maxTokens: 500,
    }),
    ...anthropic({
      messages: [
        ...helloWire.messages,
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'abcdefgh1', name: 'get_weather', input: { cityName: 'Tokyo' } }],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'abcdefgh1',
              content: [
                { type: 'text', text: 'sunny' },
                { type: 'text', text: 'warm' },
              ],
            },
          ],
        },
      ],
    }),
    differs: [...toolsDiffer, 'content is null beside calls'],
  },
  'images, a document and speech': {
    sdk: chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare.' },
            { type: 'image_url', imageUrl: { url: 'https://x.test/a.png', detail: 'low' } },
            { type: 'image_url', imageUrl: { url: `data:image/png;base64,${pixel}` } },
            { type: 'document_url', documentUrl: 'https://x.test/a.pdf', documentName: 'a.pdf' },
            { type: 'input_audio', inputAudio: 'UklGRg==' },
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
            { type: 'document_url', document_url: 'https://x.test/a.pdf', document_name: 'a.pdf' },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          ],
        },
      ],
    }),
  },
  'images and documents, from Anthropic': {
    sdk: chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', imageUrl: { url: `data:image/png;base64,${pixel}` } },
            { type: 'document_url', documentUrl: 'https://x.test/a.pdf' },
            { type: 'document_url', documentUrl: `data:application/pdf;base64,${pixel}`, documentName: 'b' },
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
            { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
            {
              type: 'document',
              title: 'b',
              source: { type: 'base64', media_type: 'application/pdf', data: pixel },
            },
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
    sdk: chat({
      messages: hello,
      responseFormat: {
        type: 'json_schema',
        jsonSchema: { name: 'city', description: 'One city', schemaDefinition: schema, strict: true },
      },
    }),
    ...openai({
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'city', description: 'One city', schema, strict: true },
      },
    }),
  },
  'a JSON schema, from Anthropic': {
    sdk: chat({
      messages: hello,
      maxTokens: 500,
      responseFormat: { type: 'json_schema', jsonSchema: { name: 'response', schemaDefinition: schema } },
    }),
    ...anthropic({ output_config: { format: { type: 'json_schema', schema } } }),
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
    differs: ['no stream: false', 'no prefix: false'],
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
    differs: ['no stream: false', 'no prefix: false'],
  },
  embeddings: {
    sdk: (client) => client.embeddings.create({ model: embeddingModel, inputs: ['one', 'two'] }),
    route: '/v1/embeddings',
    body: { model: embeddingModel, input: ['one', 'two'] },
  },
  'embeddings as floats': {
    sdk: (client) =>
      client.embeddings.create({ model: embeddingModel, inputs: 'one', encodingFormat: 'float' }),
    route: '/v1/embeddings',
    body: { model: embeddingModel, input: 'one', encoding_format: 'float', user: 'u' },
    dropped: 'user',
  },
  'embeddings of a size, by the name that Mistral has for it': {
    sdk: (client) => client.embeddings.create({ model: embeddingModel, inputs: 'one', outputDimension: 256 }),
    route: '/v1/embeddings',
    body: { model: embeddingModel, input: 'one', output_dimension: 256 },
  },
}

test.each(Object.entries(rows))('the gateway and the SDK send the same: %s', async (_name, row) => {
  await sides.expectSame(row)
})

describe('the SDK takes what the recordings say', () => {
  const recordings = loadFixtures({ dialect: 'mistral-chat', without: 'error' })
  interface Body {
    id: string
    choices: { message: { content: unknown; tool_calls: unknown }; finish_reason: string }[]
  }

  test.each(
    recordings.filter(({ response }) => response.body).map((fixture) => [fixture.id, fixture] as const),
  )('%s', async (_id, fixture) => {
    sides.upstream.on({ fixture })
    const body = fixture.response.body as Body
    const { id, choices } = await sides.client.chat.complete({ model, messages: hello })
    expect(id).toBe(body.id)
    expect(choices[0]?.finishReason).toBe(body.choices[0]?.finish_reason)
    expect(choices[0]?.message?.content).toMatchObject(body.choices[0]?.message.content as object)
  })

  test.each(
    recordings.filter(({ response }) => response.bodyText).map((fixture) => [fixture.id, fixture] as const),
  )('%s', async (_id, fixture) => {
    sides.upstream.on({ fixture, chunkBytes: 50 })
    const events = await drain(await sides.client.chat.stream({ model, messages: hello }))
    const said = [...fixture.response.bodyText!.matchAll(/^data: \{/gm)]
    expect(events).toHaveLength(said.length)
  })

  test('embeddings', async () => {
    const fixture = loadFixture('mistral/embeddings-async-embeddings')
    sides.upstream.on({ fixture })
    const { data } = await sides.client.embeddings.create({ model: embeddingModel, inputs: ['one', 'two'] })
    expect(data.map(({ embedding }) => embedding?.length)).toEqual([1024, 1024])
  })

  test.each(
    loadFixtures({ dialect: 'mistral-chat', feature: 'error' }).map(
      (fixture) => [fixture.id, fixture] as const,
    ),
  )('%s', async (_id, fixture) => {
    sides.upstream.on({ fixture })
    const failed = await sides.client.chat
      .complete({ model, messages: hello })
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(MistralError)
    expect((failed as MistralError).statusCode).toBe(fixture.response.status)
  })
})

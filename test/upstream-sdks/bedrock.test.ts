import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { test } from 'vitest'
import { encodeEvent } from '../support/aws-event-stream.ts'
import type { Handler } from '../support/upstream.ts'
import { drain, key, useSides, type Difference, type Row, type Wire } from './side-by-side.ts'

type Call = Partial<ConverseCommandInput>
type Messages = NonNullable<Call['messages']>

const claude = 'us.anthropic.claude-sonnet-4-20250514-v1:0'
const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456'
const llama = 'us.meta.llama3-3-70b-instruct-v1:0'
const titan = 'amazon.titan-embed-text-v2:0'
const cohere = 'cohere.embed-multilingual-v3'

const answer: Handler = (_request, _response, { path, json }) => {
  if (path.endsWith('/invoke'))
    return { json: json?.texts ? { embeddings: [[0.5], [1]] } : { embedding: [0.5], inputTextTokenCount: 1 } }
  if (path.endsWith('/converse'))
    return {
      json: {
        output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      },
    }
  const events = [
    encodeEvent('messageStart', { role: 'assistant' }),
    encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
    encodeEvent('contentBlockStop', { contentBlockIndex: 0 }),
    encodeEvent('messageStop', { stopReason: 'end_turn' }),
    encodeEvent('metadata', { usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }),
  ]
  return { body: Buffer.concat(events), headers: { 'content-type': 'application/vnd.amazon.eventstream' } }
}

/** How what the gateway sends differs from what the SDK sends for the same call. */
const differences = {
  'long ids end in a hash': {
    why: 'OpenAI takes ids of any length; the SDK checks nothing, and the API refuses more than 64 characters.',
    apply: (body) =>
      JSON.parse(JSON.stringify(body).replaceAll(longId, `${'x'.repeat(39)}_${hashOfLongId}`)) as Wire,
  },
} satisfies Record<string, Difference>
type Name = keyof typeof differences

const longId = 'x'.repeat(70)
const hashOfLongId = 'c71bd109227e23434ecf71fd'

const sides = useSides<BedrockRuntimeClient, Name>(
  {
    type: 'bedrock',
    models: [claude, arn, llama, titan, cohere],
    open: (origin) =>
      new BedrockRuntimeClient({
        region: 'us-east-1',
        endpoint: origin,
        token: { token: key },
        authSchemePreference: ['httpBearerAuth'],
        maxAttempts: 1,
        // The server that plays Bedrock speaks HTTP/1.1.
        requestHandler: new NodeHttpHandler(),
      }),
    answer,
  },
  differences,
)

const chat =
  (call: Call & { messages: Messages }) =>
  (client: BedrockRuntimeClient): Promise<unknown> =>
    client.send(new ConverseCommand({ modelId: claude, ...call }))
const embed =
  (modelId: string, body: Wire) =>
  (client: BedrockRuntimeClient): Promise<unknown> =>
    client.send(
      new InvokeModelCommand({ modelId, contentType: 'application/json', body: JSON.stringify(body) }),
    )
const hello: Messages = [{ role: 'user', content: [{ text: 'Hello' }] }]
const helloWire = { model: claude, messages: [{ role: 'user', content: 'Hello' }] }
/** The caller asks for the same on OpenAI's route. */
const openai = (more: Wire = {}) =>
  ({ route: '/v1/chat/completions', body: { ...helloWire, ...more } }) as const
/** On Anthropic's route, which demands `max_tokens`. */
const anthropic = (more: Wire = {}) =>
  ({ route: '/v1/messages', body: { ...helloWire, max_tokens: 5000, ...more } }) as const
const bounded = { inferenceConfig: { maxTokens: 5000 } }

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { name: 'weather', description: 'The weather in a city' }
const sdkTools = [{ toolSpec: { ...weather, inputSchema: { json: schema } } }]
const openaiTools = [{ type: 'function', function: { ...weather, parameters: schema } }]
const anthropicTools = [{ ...weather, input_schema: schema }]
const toolTurns = (id: string): Messages => [
  { role: 'user', content: [{ text: 'Weather in Tokyo?' }] },
  {
    role: 'assistant',
    content: [
      { text: 'I will look.' },
      { toolUse: { toolUseId: id, name: 'weather', input: { city: 'Tokyo' } } },
      { toolUse: { toolUseId: 'call_2', name: 'weather', input: { city: 'Rome' } } },
    ],
  },
  {
    role: 'user',
    content: [
      { toolResult: { toolUseId: id, content: [{ text: 'sunny' }] } },
      { toolResult: { toolUseId: 'call_2', content: [{ text: 'rainy' }] } },
    ],
  },
]
const openaiToolTurns = (id: string) => [
  { role: 'user', content: 'Weather in Tokyo?' },
  {
    role: 'assistant',
    content: 'I will look.',
    tool_calls: [
      { id, type: 'function', function: { name: 'weather', arguments: '{"city":"Tokyo"}' } },
      { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city": "Rome"}' } },
    ],
  },
  { role: 'tool', tool_call_id: id, content: 'sunny' },
  { role: 'tool', tool_call_id: 'call_2', content: 'rainy' },
]
const pixel = Buffer.from('89504e47', 'hex')
const pdf = Buffer.from('%PDF-1.7')
const long = 'A long text. '.repeat(20)

const rows: Record<string, Row<BedrockRuntimeClient, Name>> = {
  text: { sdk: chat({ messages: hello }), ...openai() },
  'text, from Anthropic': { sdk: chat({ messages: hello, ...bounded }), ...anthropic() },
  'text to a profile by its ARN': { sdk: chat({ modelId: arn, messages: hello }), ...openai({ model: arn }) },
  'text, as a stream': {
    sdk: async (client) => {
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: claude, messages: hello }))
      await drain(stream!)
    },
    ...openai({ stream: true }),
  },
  'text, as a stream, from Anthropic': {
    sdk: async (client) => {
      const { stream } = await client.send(
        new ConverseStreamCommand({ modelId: claude, messages: hello, ...bounded }),
      )
      await drain(stream!)
    },
    ...anthropic({ stream: true }),
  },
  'a system message and several turns': {
    sdk: chat({
      system: [{ text: 'Be brief.' }],
      messages: [
        ...hello,
        { role: 'assistant', content: [{ text: 'Hi' }] },
        { role: 'user', content: [{ text: 'One' }, { text: 'Two' }] },
      ],
    }),
    ...openai({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'One' },
        { role: 'user', content: 'Two' },
      ],
    }),
  },
  'a system message, from Anthropic': {
    sdk: chat({ system: [{ text: 'Be brief.' }], messages: hello, ...bounded }),
    ...anthropic({ system: 'Be brief.' }),
  },
  sampling: {
    sdk: chat({
      messages: hello,
      inferenceConfig: { maxTokens: 50, temperature: 0.5, stopSequences: ['END'] },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    }),
    ...openai({ max_completion_tokens: 50, temperature: 0.5, stop: 'END' }),
  },
  'sampling of another model': {
    sdk: chat({
      modelId: llama,
      messages: hello,
      inferenceConfig: { maxTokens: 50, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
    }),
    ...openai({ model: llama, max_tokens: 50, temperature: 0.5, top_p: 0.9, stop: ['END'], seed: 1 }),
    dropped: 'seed',
  },
  'sampling, from Anthropic': {
    sdk: chat({
      messages: hello,
      inferenceConfig: { maxTokens: 5000, topP: 0.9 },
      additionalModelRequestFields: { top_k: 5 },
    }),
    ...anthropic({ top_p: 0.9, top_k: 5, metadata: { user_id: 'u' } }),
    dropped: 'metadata.user_id',
  },
  'tools, which it may call': {
    sdk: chat({ messages: hello, toolConfig: { tools: sdkTools, toolChoice: { auto: {} } } }),
    ...openai({ tools: openaiTools, tool_choice: 'auto' }),
  },
  'tools, of which it must call one': {
    sdk: chat({ messages: hello, toolConfig: { tools: sdkTools, toolChoice: { any: {} } }, ...bounded }),
    ...anthropic({ tools: anthropicTools, tool_choice: { type: 'any' } }),
  },
  'a tool, which it must call as its schema says': {
    sdk: chat({
      messages: hello,
      toolConfig: {
        tools: [{ toolSpec: { ...weather, inputSchema: { json: schema }, strict: true } }],
        toolChoice: { tool: { name: 'weather' } },
      },
    }),
    ...openai({
      tools: [{ type: 'function', function: { ...weather, parameters: schema, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    }),
  },
  'calls and their results': {
    sdk: chat({ messages: toolTurns('call_1'), toolConfig: { tools: sdkTools } }),
    ...openai({ messages: openaiToolTurns('call_1'), tools: openaiTools }),
  },
  'calls with long ids': {
    sdk: chat({ messages: toolTurns(longId), toolConfig: { tools: sdkTools } }),
    ...openai({ messages: openaiToolTurns(longId), tools: openaiTools }),
    differs: ['long ids end in a hash'],
  },
  'a call that failed, from Anthropic': {
    sdk: chat({
      messages: [
        ...toolTurns('call_1').slice(0, 2),
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'call_1', content: [{ text: 'no' }], status: 'error' } },
            {
              toolResult: {
                toolUseId: 'call_2',
                content: [{ image: { format: 'png', source: { bytes: pixel } } }],
              },
            },
            { text: 'Well?' },
          ],
        },
      ],
      toolConfig: { tools: sdkTools },
      ...bounded,
    }),
    ...anthropic({
      tools: anthropicTools,
      messages: [
        { role: 'user', content: 'Weather in Tokyo?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I will look.' },
            { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Tokyo' } },
            { type: 'tool_use', id: 'call_2', name: 'weather', input: { city: 'Rome' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: 'no', is_error: true },
            {
              type: 'tool_result',
              tool_use_id: 'call_2',
              content: [
                {
                  type: 'image',
                  source: { type: 'base64', media_type: 'image/png', data: pixel.toString('base64') },
                },
              ],
            },
            { type: 'text', text: 'Well?' },
          ],
        },
      ],
    }),
  },
  'an image': {
    sdk: chat({
      messages: [
        { role: 'user', content: [{ text: 'See' }, { image: { format: 'png', source: { bytes: pixel } } }] },
      ],
    }),
    ...openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel.toString('base64')}` } },
          ],
        },
      ],
    }),
  },
  'a document, from Anthropic': {
    sdk: chat({
      messages: [
        {
          role: 'user',
          content: [
            {
              document: {
                name: 'My report',
                format: 'pdf',
                source: { bytes: pdf },
                context: 'Of 2026',
                citations: { enabled: true },
              },
            },
            { text: 'Read' },
          ],
        },
      ],
      ...bounded,
    }),
    ...anthropic({
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              title: 'My report.pdf',
              context: 'Of 2026',
              citations: { enabled: true },
              source: { type: 'base64', media_type: 'application/pdf', data: pdf.toString('base64') },
            },
            { type: 'text', text: 'Read' },
          ],
        },
      ],
    }),
  },
  'cache points, from Anthropic': {
    sdk: chat({
      system: [{ text: long }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [{ role: 'user', content: [{ text: long }, { cachePoint: { type: 'default' } }] }],
      toolConfig: { tools: [...sdkTools, { cachePoint: { type: 'default' } }] },
      ...bounded,
    }),
    ...anthropic({
      system: [{ type: 'text', text: long, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: long, cache_control: { type: 'ephemeral' } }] },
      ],
      tools: [{ ...anthropicTools[0], cache_control: { type: 'ephemeral' } }],
    }),
  },
  'thinking, from Anthropic': {
    sdk: chat({
      messages: hello,
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
      ...bounded,
    }),
    ...anthropic({ thinking: { type: 'enabled', budget_tokens: 2000 } }),
  },
  'an effort of thinking': {
    sdk: chat({
      messages: hello,
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 4096 } },
    }),
    ...openai({ reasoning_effort: 'high' }),
  },
  'an effort alone, from Anthropic': {
    sdk: chat({ messages: hello, outputConfig: { effort: 'low' }, ...bounded }),
    ...anthropic({ output_config: { effort: 'low' } }),
  },
  'thinking that it signed and hid': {
    sdk: chat({
      messages: [
        ...hello,
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'They greet.', signature: 'sig' } } },
            { reasoningContent: { redactedContent: pixel } },
            { text: 'Hi' },
          ],
        },
        ...hello,
      ],
    }),
    ...openai({
      messages: [
        { role: 'user', content: 'Hello' },
        {
          role: 'assistant',
          content: 'Hi',
          thinking_blocks: [
            { type: 'thinking', thinking: 'They greet.', signature: 'sig', dialect: 'bedrock-converse' },
            { type: 'redacted_thinking', data: pixel.toString('base64'), dialect: 'bedrock-converse' },
          ],
        },
        { role: 'user', content: 'Hello' },
      ],
    }),
  },
  'JSON by a schema': {
    sdk: chat({
      messages: hello,
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'city', schema: JSON.stringify(schema) } },
        },
      },
    }),
    ...openai({
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
    }),
  },
  'metadata and a tier': {
    sdk: chat({ messages: hello, requestMetadata: { team: 'a' }, serviceTier: { type: 'flex' } }),
    ...openai({ metadata: { team: 'a' }, service_tier: 'flex' }),
  },
  'an embedding of Titan': {
    sdk: embed(titan, { inputText: 'Hello', dimensions: 256 }),
    route: '/v1/embeddings',
    body: { model: titan, input: 'Hello', dimensions: 256 },
  },
  'embeddings of Cohere': {
    sdk: embed(cohere, { texts: ['a', 'b'], input_type: 'search_document' }),
    route: '/v1/embeddings',
    body: { model: cohere, input: ['a', 'b'], encoding_format: 'base64' },
  },
}

test.each(Object.entries(rows))("%s is sent as the provider's SDK sends it", (_what, row) =>
  sides.expectSame(row),
)

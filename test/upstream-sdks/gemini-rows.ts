/** One call in two ways each: Google's own SDK, and a caller of the gateway. */
import {
  type Content,
  type EmbedContentParameters,
  FunctionCallingConfigMode,
  type GenerateContentConfig,
  type GoogleGenAI,
  type Part,
  ServiceTier,
  ThinkingLevel,
} from '@google/genai'
import type { Difference, Row, Wire } from './side-by-side.ts'

export const models = {
  budgets: 'gemini-2.5-flash',
  levels: 'gemini-3-flash-preview',
  embeddings: 'gemini-embedding-001',
}

/** How what the gateway sends differs from what Google's SDK sends for the same call. */
export const differences = {
  'no empty configuration': {
    why: 'It says nothing.',
    apply: ({ generationConfig, ...body }) =>
      isEmpty(generationConfig) ? body : { ...body, generationConfig },
  },
} satisfies Record<string, Difference>

const isEmpty = (value: unknown): boolean => Object.keys(value as object).length === 0

type DifferenceName = keyof typeof differences
export type GeminiRow = Row<GoogleGenAI, DifferenceName>

interface SdkCall {
  model?: string
  contents?: Content[] | string
  config?: GenerateContentConfig
}

const sdk =
  ({ model = models.budgets, contents = 'Hello', config }: SdkCall = {}) =>
  (client: GoogleGenAI): Promise<unknown> =>
    client.models.generateContent({ model, contents, ...(config && { config }) })

const sdkStream =
  ({ model = models.budgets, contents = 'Hello', config }: SdkCall = {}) =>
  async (client: GoogleGenAI): Promise<void> => {
    const stream = await client.models.generateContentStream({ model, contents, ...(config && { config }) })
    await Array.fromAsync(stream)
  }

const embed =
  (call: Omit<EmbedContentParameters, 'model'>) =>
  (client: GoogleGenAI): Promise<unknown> =>
    client.models.embedContent({ model: models.embeddings, ...call })

const hello = [{ role: 'user', content: 'Hello' }]
const openai = (more: Wire = {}) =>
  ({ route: '/v1/chat/completions', body: { model: models.budgets, messages: hello, ...more } }) as const
/** Anthropic's route demands `max_tokens`. */
const anthropic = (more: Wire = {}) =>
  ({
    route: '/v1/messages',
    body: { model: models.budgets, max_tokens: 500, messages: hello, ...more },
  }) as const
const embeddings = (more: Wire) =>
  ({ route: '/v1/embeddings', body: { model: models.embeddings, ...more } }) as const

const user = (...parts: Part[]): Content => ({ role: 'user', parts })
const model = (...parts: Part[]): Content => ({ role: 'model', parts })
const emptyConfig: DifferenceName[] = ['no empty configuration']

const schema = {
  type: 'object',
  properties: { city: { type: 'string', pattern: '^[A-Z]' } },
  required: ['city'],
  additionalProperties: false,
}
const named = { name: 'get_weather', description: 'The weather in a city' }
const declared = { functionDeclarations: [{ ...named, parametersJsonSchema: schema }, { name: 'now' }] }
const openaiTools = [
  { type: 'function', function: { ...named, parameters: schema } },
  { type: 'function', function: { name: 'now' } },
]
const anthropicTools = [{ ...named, input_schema: schema }]
const choice = (mode: FunctionCallingConfigMode, allowedFunctionNames?: string[]): GenerateContentConfig => ({
  tools: [declared],
  toolConfig: { functionCallingConfig: { mode, ...(allowedFunctionNames && { allowedFunctionNames }) } },
})

const text: Record<string, GeminiRow> = {
  text: { sdk: sdk(), ...openai() },
  'text, from Anthropic': { sdk: sdk({ config: { maxOutputTokens: 500 } }), ...anthropic() },
  'a stream': { sdk: sdkStream(), ...openai({ stream: true, stream_options: { include_usage: true } }) },
  'a stream, from Anthropic': {
    sdk: sdkStream({ config: { maxOutputTokens: 500 } }),
    ...anthropic({ stream: true }),
  },
  'a model by its whole name': {
    sdk: sdk({ model: `models/${models.budgets}` }),
    ...openai({ model: `gemini/models/${models.budgets}` }),
  },
  'a system message and several turns': {
    sdk: sdk({
      contents: [user({ text: 'Hello' }), model({ text: 'Hi' }), user({ text: 'One' }, { text: 'Two' })],
      config: { systemInstruction: 'Be brief.' },
    }),
    ...openai({
      messages: [
        { role: 'system', content: 'Be brief.' },
        ...hello,
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
    differs: emptyConfig,
  },
  'several system messages, from Anthropic': {
    sdk: sdk({
      config: { systemInstruction: [{ text: 'Be brief.' }, { text: 'Be kind.' }], maxOutputTokens: 500 },
    }),
    ...anthropic({
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.' },
      ],
    }),
  },
  sampling: {
    sdk: sdk({
      config: {
        temperature: 0.5,
        topP: 0.9,
        topK: 20,
        maxOutputTokens: 99,
        stopSequences: ['END', 'STOP'],
        seed: 7,
        presencePenalty: 0.25,
        frequencyPenalty: -0.25,
        candidateCount: 2,
        responseLogprobs: true,
        logprobs: 3,
      },
    }),
    ...openai({
      ...{ temperature: 0.5, top_p: 0.9, top_k: 20, max_completion_tokens: 99, stop: ['END', 'STOP'] },
      ...{ seed: 7, presence_penalty: 0.25, frequency_penalty: -0.25, n: 2, logprobs: true, top_logprobs: 3 },
    }),
  },
  'labels, a service tier and storing': {
    sdk: sdk({ config: { labels: { team: 'search' }, serviceTier: ServiceTier.FLEX, store: false } }),
    ...openai({ metadata: { team: 'search' }, service_tier: 'flex', store: false }),
    differs: emptyConfig,
  },
  JSON: {
    sdk: sdk({ config: { responseMimeType: 'application/json' } }),
    ...openai({ response_format: { type: 'json_object' } }),
  },
  'a JSON schema': {
    sdk: sdk({ config: { responseMimeType: 'application/json', responseJsonSchema: schema } }),
    ...openai({ response_format: { type: 'json_schema', json_schema: { name: 'city', schema } } }),
  },
  'a JSON schema, from Anthropic': {
    sdk: sdk({
      config: { responseMimeType: 'application/json', responseJsonSchema: schema, maxOutputTokens: 500 },
    }),
    ...anthropic({ output_config: { format: { type: 'json_schema', schema } } }),
  },
}

const png = 'iVBORw0KGgo='
const address = 'https://files.test/cat.webp'
const media: Record<string, GeminiRow> = {
  images: {
    sdk: sdk({
      contents: [
        user(
          { text: 'Compare.' },
          { inlineData: { mimeType: 'image/png', data: png } },
          { fileData: { mimeType: 'image/webp', fileUri: address } },
        ),
      ],
    }),
    ...openai({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare.' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
            { type: 'image_url', image_url: { url: address } },
          ],
        },
      ],
    }),
  },
  'an image and a document, from Anthropic': {
    sdk: sdk({
      contents: [
        user(
          { inlineData: { mimeType: 'image/png', data: png } },
          { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
        ),
      ],
      config: { maxOutputTokens: 500 },
    }),
    ...anthropic({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
            },
          ],
        },
      ],
    }),
  },
  audio: {
    sdk: sdk({ contents: [user({ inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } })] }),
    ...openai({
      messages: [
        {
          role: 'user',
          content: [{ type: 'input_audio', input_audio: { format: 'wav', data: 'UklGRg==' } }],
        },
      ],
    }),
  },
}

const calls = (signature?: string): Content[] => [
  user({ text: 'Weather in Rome and Paris?' }),
  model(
    {
      functionCall: { id: 'a', name: 'get_weather', args: { city: 'Rome' } },
      ...(signature !== undefined && { thoughtSignature: signature }),
    },
    { functionCall: { id: 'b', name: 'get_weather', args: { city: 'Paris' } } },
  ),
]
const results = (b: Record<string, unknown> = { output: 'rainy' }): Content =>
  user(
    { functionResponse: { id: 'a', name: 'get_weather', response: { output: 'sunny' } } },
    { functionResponse: { id: 'b', name: 'get_weather', response: b } },
  )
const openaiCall = (id: string, city: string, more: Wire = {}) => ({
  id,
  type: 'function',
  function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
  ...more,
})
const openaiCalls = (more: Wire = {}) => [
  { role: 'user', content: 'Weather in Rome and Paris?' },
  { role: 'assistant', content: null, tool_calls: [openaiCall('a', 'Rome', more), openaiCall('b', 'Paris')] },
]
const openaiResults = [
  { role: 'tool', tool_call_id: 'a', content: 'sunny' },
  { role: 'tool', tool_call_id: 'b', content: 'rainy' },
]
const signature = 'RXYyRDN3'
const withTools: GenerateContentConfig = { tools: [declared] }

const tools: Record<string, GeminiRow> = {
  tools: { sdk: sdk({ config: withTools }), ...openai({ tools: openaiTools }), differs: emptyConfig },
  'tools, from Anthropic': {
    sdk: sdk({
      config: {
        tools: [{ functionDeclarations: [{ ...named, parametersJsonSchema: schema }] }],
        maxOutputTokens: 500,
      },
    }),
    ...anthropic({ tools: anthropicTools }),
  },
  'a free choice': {
    sdk: sdk({ config: choice(FunctionCallingConfigMode.AUTO) }),
    ...openai({ tools: openaiTools, tool_choice: 'auto' }),
    differs: emptyConfig,
  },
  'no tool': {
    sdk: sdk({ config: choice(FunctionCallingConfigMode.NONE) }),
    ...openai({ tools: openaiTools, tool_choice: 'none' }),
    differs: emptyConfig,
  },
  'any tool': {
    sdk: sdk({ config: choice(FunctionCallingConfigMode.ANY) }),
    ...openai({ tools: openaiTools, tool_choice: 'required' }),
    differs: emptyConfig,
  },
  'this tool': {
    sdk: sdk({ config: choice(FunctionCallingConfigMode.ANY, ['now']) }),
    ...openai({ tools: openaiTools, tool_choice: { type: 'function', function: { name: 'now' } } }),
    differs: emptyConfig,
  },
  'strict tools': {
    sdk: sdk({
      config: {
        tools: [{ functionDeclarations: [{ ...named, parametersJsonSchema: schema }] }],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.VALIDATED } },
      },
    }),
    ...openai({ tools: [{ type: 'function', function: { ...named, parameters: schema, strict: true } }] }),
    differs: emptyConfig,
  },
  'results of tools': {
    sdk: sdk({ contents: [...calls(), results()], config: withTools }),
    ...openai({ messages: [...openaiCalls(), ...openaiResults], tools: openaiTools }),
    differs: emptyConfig,
  },
  'results of tools, with a signature': {
    sdk: sdk({ model: models.levels, contents: [...calls(signature), results()] }),
    ...openai({
      model: models.levels,
      messages: [
        ...openaiCalls({ extra_content: { google: { thought_signature: signature } } }),
        ...openaiResults,
      ],
    }),
  },
  'results of tools, without the signature that the model demands': {
    sdk: sdk({
      model: models.levels,
      contents: [...calls('skip_thought_signature_validator'), results()],
    }),
    ...openai({ model: models.levels, messages: [...openaiCalls(), ...openaiResults] }),
  },
  'results of tools, and more, from Anthropic': {
    sdk: sdk({
      contents: [...calls(), results({ error: 'no net' }), user({ text: 'Try again.' })],
      config: { maxOutputTokens: 500 },
    }),
    ...anthropic({
      messages: [
        { role: 'user', content: 'Weather in Rome and Paris?' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'a', name: 'get_weather', input: { city: 'Rome' } },
            { type: 'tool_use', id: 'b', name: 'get_weather', input: { city: 'Paris' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'sunny' },
            { type: 'tool_result', tool_use_id: 'b', content: 'no net', is_error: true },
            { type: 'text', text: 'Try again.' },
          ],
        },
      ],
    }),
  },
  'an image as a result, from Anthropic': {
    sdk: sdk({
      model: models.levels,
      contents: [
        user({ text: 'Draw.' }),
        model({
          functionCall: { id: 'd', name: 'draw', args: {} },
          thoughtSignature: 'skip_thought_signature_validator',
        }),
        user({
          functionResponse: {
            id: 'd',
            name: 'draw',
            response: { output: 'Done.' },
            parts: [{ inlineData: { mimeType: 'image/png', data: png } }],
          },
        }),
      ],
      config: { maxOutputTokens: 500 },
    }),
    ...anthropic({
      model: models.levels,
      messages: [
        { role: 'user', content: 'Draw.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'd', name: 'draw', input: {} }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'd',
              content: [
                { type: 'text', text: 'Done.' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
              ],
            },
          ],
        },
      ],
    }),
  },
}

const thinking: Record<string, GeminiRow> = {
  'thinking by an effort': {
    sdk: sdk({ config: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } }),
    ...openai({ reasoning_effort: 'low' }),
  },
  'thinking by a level': {
    sdk: sdk({
      model: models.levels,
      config: { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } },
    }),
    ...openai({ model: models.levels, reasoning_effort: 'low' }),
  },
  'no thinking': {
    sdk: sdk({ config: { thinkingConfig: { thinkingBudget: 0 } } }),
    ...openai({ reasoning_effort: 'none' }),
  },
  'thinking by a budget, from Anthropic': {
    sdk: sdk({
      config: { maxOutputTokens: 5000, thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } },
    }),
    ...anthropic({ max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 2048 } }),
  },
  'thinking as much as the model likes, from Anthropic': {
    sdk: sdk({
      config: { maxOutputTokens: 500, thinkingConfig: { includeThoughts: true, thinkingBudget: -1 } },
    }),
    ...anthropic({ thinking: { type: 'adaptive' } }),
  },
  'a thought that was signed': {
    sdk: sdk({
      model: models.levels,
      contents: [
        user({ text: 'Hello' }),
        model({ text: 'Hi', thoughtSignature: signature }),
        user({ text: 'So?' }),
      ],
    }),
    ...openai({
      model: models.levels,
      messages: [
        ...hello,
        {
          role: 'assistant',
          content: 'Hi',
          thinking_blocks: [{ type: 'redacted_thinking', data: signature, dialect: 'gemini' }],
        },
        { role: 'user', content: 'So?' },
      ],
    }),
  },
}

const embedding: Record<string, GeminiRow> = {
  'an embedding': { sdk: embed({ contents: 'one' }), ...embeddings({ input: 'one' }) },
  'embeddings of a size': {
    sdk: embed({ contents: ['one', 'two'], config: { outputDimensionality: 256 } }),
    ...embeddings({ input: ['one', 'two'], dimensions: 256, encoding_format: 'base64' }),
  },
}

export const rows: Record<string, GeminiRow> = { ...text, ...media, ...tools, ...thinking, ...embedding }

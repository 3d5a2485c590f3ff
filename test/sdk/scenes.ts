/**
 * What is done with every pair of an SDK and a provider: what is asked and replied in nobody's dialect, and what the
 * provider must get, word for word in its own. `compatible` gets what `openai` gets where it says nothing else.
 */
import { expect } from 'vitest'
import { z } from 'zod'
import {
  hello,
  plainReply,
  type Ask,
  type Reply,
  type Told,
  type ToolCall,
  type ToolSpec,
} from './conversation.ts'
import type { PlayedProvider } from './world.ts'

type Wire = Record<string, unknown>
type Sent = Partial<Record<PlayedProvider, Wire>> & { openai: Wire; anthropic: Wire }

export interface Scene {
  ask: Ask
  reply: Reply
  /** Matched within the body that the provider got. */
  sent: Sent
  /** What the built-in mock makes of it, which answers by rules of its own. */
  mock: { model?: string; told: Partial<Told> | ((told: Told) => void) }
}

const text = (words: string) => ({ type: 'text', text: words })
const user = (...content: unknown[]) => ({ role: 'user', content })

const weather: ToolSpec = {
  name: 'get_weather',
  description: 'Says how the weather is.',
  input: z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) }),
}
const clock: ToolSpec = {
  name: 'get_time',
  description: 'Says how late it is.',
  input: z.object({ city: z.string() }),
}
const weatherCall: ToolCall = {
  id: 'Wea7herId',
  name: 'get_weather',
  input: { city: 'Zürich "Kreis 4"', unit: 'celsius' },
}
const clockCall: ToolCall = { id: 'C1ockId99', name: 'get_time', input: { city: 'Zürich' } }

const weatherSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'unit'],
}
const openaiTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'Says how the weather is.', parameters: weatherSchema },
}
const anthropicTool = {
  name: 'get_weather',
  description: 'Says how the weather is.',
  input_schema: weatherSchema,
}

const recipe = z.object({
  title: z.string(),
  minutes: z.number(),
  steps: z.array(z.object({ what: z.string() })),
})
const recipeSchema = {
  type: 'object',
  properties: {
    title: { type: 'string' },
    minutes: { type: 'number' },
    steps: { type: 'array', items: { type: 'object', properties: { what: { type: 'string' } } } },
  },
  required: ['title', 'minutes', 'steps'],
}
const tea = { title: 'Tea', minutes: 5, steps: [{ what: 'Boil – water' }, { what: 'Steep "it"' }] }

/** One pixel. */
export const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
export const pdf = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64')

/** The tools' answers stand in messages of their own, or in one of the user's. */
const results = (first: unknown[], second: unknown[]) => ({
  openai: [
    { role: 'tool', tool_call_id: 'Wea7herId', content: first },
    { role: 'tool', tool_call_id: 'C1ockId99', content: second },
  ],
  anthropic: user(
    { type: 'tool_result', tool_use_id: 'Wea7herId', content: first },
    { type: 'tool_result', tool_use_id: 'C1ockId99', content: second },
  ),
})
const sunny = results([text('Sunny, 21 °C')], [text('12:00')])
const pictured = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }

const asked = { type: 'text', text: 'How is it in Zürich, and how late?' } as const
const calledBefore: Ask['turns'] = [
  { role: 'user', parts: [asked] },
  { role: 'assistant', text: 'Let me look.', calls: [weatherCall, clockCall] },
]
const openaiCalls = [weatherCall, clockCall].map(({ id, name, input }) => ({
  id,
  type: 'function',
  function: { name, arguments: input },
}))
const openaiCalled = { role: 'assistant', content: [text('Let me look.')], tool_calls: openaiCalls }
const anthropicCalled = {
  role: 'assistant',
  content: [text('Let me look.'), ...[weatherCall, clockCall].map((call) => ({ type: 'tool_use', ...call }))],
}

const namesOf = (told: Told) => told.calls.map(({ name }) => name)

export const scenes = {
  'plain chat': {
    ask: hello(),
    reply: plainReply,
    sent: {
      openai: { messages: [user(text('Hello'))] },
      anthropic: { max_tokens: 100, messages: [user(text('Hello'))] },
      mistral: { max_tokens: 100, messages: [user(text('Hello'))] },
    },
    mock: {
      told: {
        text: expect.stringContaining('You said: "Hello"') as string,
        calls: [],
        thinking: '',
        finish: 'stop',
      },
    },
  },

  'several turns with a system prompt': {
    ask: {
      system: 'You are terse.',
      turns: [
        { role: 'user', parts: [text('I am Ada.') as { type: 'text'; text: string }] },
        { role: 'assistant', text: 'Hi Ada.' },
        { role: 'user', parts: [{ type: 'text', text: 'Who am I? ünïcödé 🦉' }] },
      ],
      maxTokens: 64,
      temperature: 0.5,
      stop: ['END'],
    },
    reply: {
      text: 'Ada 🦉, of course – who else?',
      finish: 'length',
      usage: { input: 31, cached: 0, output: 64 },
    },
    sent: {
      openai: {
        temperature: 0.5,
        stop: ['END'],
        messages: [
          { role: 'system', content: [text('You are terse.')] },
          user(text('I am Ada.')),
          { role: 'assistant', content: [text('Hi Ada.')] },
          user(text('Who am I? ünïcödé 🦉')),
        ],
      },
      anthropic: {
        max_tokens: 64,
        temperature: 0.5,
        stop_sequences: ['END'],
        system: [text('You are terse.')],
        messages: [
          user(text('I am Ada.')),
          { role: 'assistant', content: [text('Hi Ada.')] },
          user(text('Who am I? ünïcödé 🦉')),
        ],
      },
    },
    mock: { model: 'mock-echo', told: { text: 'Who am I? ünïcödé 🦉', finish: 'stop' } },
  },

  'a tool call': {
    ask: {
      ...hello('How is the weather in Zürich?'),
      tools: [weather],
      toolChoice: { name: 'get_weather' },
    },
    reply: { calls: [weatherCall], finish: 'tool-calls', usage: { input: 80, cached: 0, output: 20 } },
    sent: {
      openai: { tools: [openaiTool], tool_choice: { type: 'function', function: { name: 'get_weather' } } },
      anthropic: { tools: [anthropicTool], tool_choice: { type: 'tool', name: 'get_weather' } },
    },
    mock: {
      told(told) {
        expect(namesOf(told)).toEqual(['get_weather'])
        expect(weather.input.parse(told.calls[0]?.input)).toEqual(told.calls[0]?.input)
        expect(told.finish).toBe('tool-calls')
      },
    },
  },

  'tool calls in parallel, after some words': {
    ask: {
      ...hello('In parallel: weather and time in Zürich?'),
      tools: [weather, clock],
      toolChoice: 'required',
    },
    reply: {
      text: 'Let me look twice.',
      calls: [weatherCall, clockCall],
      finish: 'tool-calls',
      usage: { input: 120, cached: 0, output: 40 },
    },
    sent: {
      openai: { tools: [openaiTool, { function: { name: 'get_time' } }], tool_choice: 'required' },
      mistral: { tools: [openaiTool, { function: { name: 'get_time' } }], tool_choice: 'any' },
      anthropic: { tools: [anthropicTool, { name: 'get_time' }], tool_choice: { type: 'any' } },
    },
    mock: {
      told(told) {
        expect(namesOf(told)).toEqual(['get_weather', 'get_time'])
        expect(new Set(told.calls.map(({ id }) => id)).size).toBe(2)
      },
    },
  },

  'the results of tools, sent back': {
    ask: {
      turns: [
        ...calledBefore,
        {
          role: 'tools',
          results: [
            { id: 'Wea7herId', name: 'get_weather', text: 'Sunny, 21 °C' },
            { id: 'C1ockId99', name: 'get_time', text: '12:00' },
          ],
        },
      ],
      tools: [weather, clock],
      maxTokens: 100,
    },
    reply: { text: 'Sunny at noon.', finish: 'stop', usage: { input: 150, cached: 0, output: 5 } },
    sent: {
      openai: { messages: [user(asked), openaiCalled, ...sunny.openai] },
      anthropic: { messages: [user(asked), anthropicCalled, sunny.anthropic] },
    },
    mock: {
      told: { text: expect.stringContaining('The tool get_weather says: Sunny, 21 °C') as string, calls: [] },
    },
  },

  'an image in the result of a tool': {
    ask: {
      turns: [
        ...calledBefore,
        {
          role: 'tools',
          results: [
            {
              id: 'Wea7herId',
              name: 'get_weather',
              text: 'See:',
              image: { mediaType: 'image/png', data: png },
            },
            { id: 'C1ockId99', name: 'get_time', text: '12:00' },
          ],
        },
      ],
      tools: [weather, clock],
      maxTokens: 100,
    },
    reply: { text: 'A blue pixel.', finish: 'stop', usage: { input: 400, cached: 0, output: 5 } },
    sent: {
      // From an OpenAI-shaped caller it is relayed in the tool's message, as it came.
      openai: {
        messages: expect.toSatisfy((messages: Wire[]) => {
          const [, , ...rest] = messages
          const inPlace = [{ ...sunny.openai[0], content: [text('See:'), pictured] }, sunny.openai[1]]
          const label = 'Image 1 of tool result Wea7herId'
          const beside = [
            { ...sunny.openai[0], content: [text('See:'), text(`[${label}: in the user message below]`)] },
            sunny.openai[1],
            user(text(`${label}:`), pictured),
          ]
          expect([inPlace, beside]).toContainEqual(rest)
          return true
        }),
      },
      mistral: {
        messages: [
          user(asked),
          openaiCalled,
          {
            role: 'tool',
            content: [text('See:'), text('[Image 1 of tool result Wea7herId: in the user message below]')],
          },
          { role: 'tool', content: [text('12:00')] },
          { role: 'assistant', content: [text('OK')] },
          user(text('Image 1 of tool result Wea7herId:'), pictured),
        ],
      },
      anthropic: {
        messages: [
          user(asked),
          anthropicCalled,
          results(
            [text('See:'), { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }],
            [text('12:00')],
          ).anthropic,
        ],
      },
    },
    mock: {
      told: {
        text: expect.stringContaining('The tool get_weather says: See:') as string,
        calls: [],
        finish: 'stop',
      },
    },
  },

  'structured output': {
    ask: { ...hello('A recipe for tea'), schema: recipe },
    reply: { text: JSON.stringify(tea), finish: 'stop', usage: { input: 60, cached: 0, output: 30 } },
    sent: {
      openai: {
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: expect.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/) as string,
            schema: recipeSchema,
          },
        },
      },
      anthropic: { output_config: { format: { type: 'json_schema', schema: recipeSchema } } },
    },
    mock: {
      told(told) {
        expect(recipe.parse(told.value)).toEqual(told.value)
        expect(JSON.parse(told.text)).toEqual(told.value)
      },
    },
  },

  'an image': {
    ask: {
      turns: [
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', mediaType: 'image/png', data: png },
          ],
        },
      ],
      maxTokens: 100,
    },
    reply: plainReply,
    sent: {
      openai: { messages: [user(text('What is this?'), pictured)] },
      anthropic: {
        messages: [
          user(text('What is this?'), {
            type: 'image',
            source: { type: 'base64', media_type: 'image/png', data: png },
          }),
        ],
      },
    },
    mock: { model: 'mock-echo', told: { text: 'What is this?' } },
  },

  'an image by its address': {
    ask: {
      turns: [
        {
          role: 'user',
          parts: [
            { type: 'image-url', url: 'https://example.com/a.png' },
            { type: 'text', text: 'And this?' },
          ],
        },
      ],
      maxTokens: 100,
    },
    reply: plainReply,
    sent: {
      openai: {
        messages: [
          user({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }, text('And this?')),
        ],
      },
      anthropic: {
        messages: [
          user(
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            text('And this?'),
          ),
        ],
      },
    },
    mock: { model: 'mock-echo', told: { text: 'And this?' } },
  },

  'a PDF document': {
    ask: {
      turns: [
        {
          role: 'user',
          parts: [
            { type: 'pdf', name: 'terms.pdf', data: pdf },
            { type: 'text', text: 'Sum it up.' },
          ],
        },
      ],
      maxTokens: 100,
    },
    reply: plainReply,
    sent: {
      openai: {
        messages: [
          user(
            {
              type: 'file',
              file: { filename: 'terms.pdf', file_data: `data:application/pdf;base64,${pdf}` },
            },
            text('Sum it up.'),
          ),
        ],
      },
      mistral: {
        messages: [
          user(
            { type: 'document_url', document_url: `data:application/pdf;base64,${pdf}` },
            text('Sum it up.'),
          ),
        ],
      },
      anthropic: {
        messages: [
          user(
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } },
            text('Sum it up.'),
          ),
        ],
      },
    },
    mock: { model: 'mock-echo', told: { text: 'Sum it up.' } },
  },

  'reasoning before the answer': {
    ask: hello('2 + 2?'),
    reply: {
      thinking: { text: 'Two and two … make four.', signature: 'sig/Zm91cg==' },
      text: 'Four.',
      finish: 'stop',
      usage: { input: 12, cached: 0, output: 14 },
    },
    sent: { openai: {}, anthropic: {} },
    mock: {
      model: 'mock-thinking',
      told(told) {
        expect(told.thinking).toContain('The question is read.')
        expect(told.text).toContain('You said: "2 + 2?"')
      },
    },
  },

  'tokens from the cache': {
    ask: hello('Again'),
    reply: { ...plainReply, usage: { input: 2048, cached: 1920, output: 7 } },
    sent: { openai: {}, anthropic: {} },
    mock: {
      told(told) {
        expect(told.usage.input).toBeGreaterThan(0)
        expect(told.usage.output).toBeGreaterThan(0)
        expect(told.usage.cached).toBe(0)
      },
    },
  },
} satisfies Record<string, Scene>

export type SceneName = keyof typeof scenes
export const sceneNames = Object.keys(scenes) as SceneName[]

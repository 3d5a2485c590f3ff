import { describe, expect, test } from 'vitest'
import type { ChatRequest, ChatResponse, Message } from '../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { accumulate } from '../support/accumulate.ts'
import { loadFixture, loadFixtures, responseBytes, type Fixture } from '../support/fixtures.ts'
import { frames } from './bedrock-frames.ts'

const recordings = loadFixtures({ dialect: 'bedrock-converse' })
const named = (list: Fixture[]) => list.map((fixture) => [fixture.id, fixture] as const)
const answers = named(recordings.filter(({ response }) => response.status === 200 && response.body))
const streams = named(
  recordings.filter(({ response, id }) => response.bodyBase64 && !id.includes('mid-stream')),
)

/** The content of an answer, written again as an assistant's message of the next request. */
function sentBack(fixture: Fixture): unknown {
  const { choices } = bedrockConverse.decodeResponse(fixture.response.body)
  const messages: Message[] = [{ role: 'assistant', content: choices[0]!.content }]
  const model = decodeURIComponent(fixture.request.url.split('/').at(-2)!)
  const { body, lost } = bedrockConverse.encodeRequest({ model, messages, stream: false }, {})
  expect(lost).toEqual([])
  const [message] = body.messages as { content: unknown }[]
  return message!.content
}

describe('every recorded answer', () => {
  test('is among the recordings', () => expect(answers.length).toBeGreaterThanOrEqual(9))

  test.each(answers)('%s keeps its content when it is sent back', (_id, fixture) => {
    const { output } = fixture.response.body as { output: { message: { content: JsonObject[] } } }
    // A call's type goes without saying.
    const expected = output.message.content.map((block) =>
      isObject(block.toolUse) && block.toolUse.type === 'tool_use'
        ? { toolUse: { ...block.toolUse, type: undefined } }
        : block,
    )
    expect(sentBack(fixture)).toEqual(expected)
  })

  test.each(answers)('%s keeps its usage and its further fields', (_id, { response }) => {
    const { output: _output, stopReason, usage, ...fields } = response.body as Record<string, JsonObject>
    const decoded = bedrockConverse.decodeResponse(response.body)
    expect(decoded.choices[0]!.finish.raw).toBe(stopReason)
    expect(decoded.extensions?.fields).toEqual(fields)
    expect(decoded.usage).toEqual({
      ...noUsage,
      input: usage!.inputTokens,
      output: usage!.outputTokens,
      cached: usage!.cacheReadInputTokens ?? 0,
      cacheWrite5m: usage!.cacheWriteInputTokens ?? 0,
    })
  })
})

/** The JSON answer that says the same as a stream. */
function asAnswer(bytes: Buffer): JsonObject {
  const blocks = new Map<number, JsonObject[]>()
  const answer: JsonObject = {}
  for (const { event, data } of frames(bytes)) {
    const {
      contentBlockIndex,
      p: _p,
      ...fields
    } = JSON.parse(data) as JsonObject & { contentBlockIndex: number }
    if (event === 'contentBlockStart' || event === 'contentBlockDelta')
      blocks.set(contentBlockIndex, [
        ...(blocks.get(contentBlockIndex) ?? []),
        (fields.delta ?? fields.start) as JsonObject,
      ])
    else if (event === 'messageStop' || event === 'metadata') Object.assign(answer, fields)
  }
  const content = [...blocks.values()].map(asBlock)
  return { ...answer, output: { message: { role: 'assistant', content } } }
}

function asBlock(pieces: JsonObject[]): JsonObject {
  const joined = (pick: (piece: JsonObject) => unknown) => pieces.map((piece) => pick(piece) ?? '').join('')
  const [first = {}] = pieces
  if (isObject(first.toolUse)) {
    const input = joined((piece) => (piece.toolUse as JsonObject).input)
    return { toolUse: { ...first.toolUse, input: JSON.parse(input || '{}') as unknown } }
  }
  if (!isObject(first.reasoningContent)) return { text: joined(({ text }) => text) }
  if (first.reasoningContent.redactedContent !== undefined) return first
  const part = (name: string) => joined((piece) => (piece.reasoningContent as JsonObject)[name])
  const signature = part('signature')
  return { reasoningContent: { reasoningText: { text: part('text'), ...(signature && { signature }) } } }
}

/** The pieces of a call's arguments have the model's own white space. */
function withoutSpaces(response: ChatResponse): ChatResponse {
  for (const block of response.choices[0]!.content)
    if (block.type === 'tool_call') block.arguments = JSON.stringify(JSON.parse(block.arguments))
  return response
}

describe('every recorded stream', () => {
  test('is among the recordings', () => expect(streams.length).toBeGreaterThanOrEqual(7))

  test.each(streams)('%s says what its JSON answer would say', (_id, fixture) => {
    const decoder = bedrockConverse.streamDecoder()
    const events = frames(responseBytes(fixture)).flatMap((frame) => [...decoder.push(frame)])
    expect(decoder.finished).toBe(true)
    expect(events.at(-1)).toEqual({ type: 'end' })
    const whole = accumulate(events)
    expect(whole.choices[0]!.content.length).toBeGreaterThan(0)
    expect(withoutSpaces(whole)).toEqual(bedrockConverse.decodeResponse(asAnswer(responseBytes(fixture))))
  })

  test('that fails in the middle says how', () => {
    const fixture = loadFixture('bedrock/converse-exception-mid-stream')
    const decoder = bedrockConverse.streamDecoder()
    const events = frames(responseBytes(fixture)).flatMap((frame) => [...decoder.push(frame)])
    expect(events.at(-1)).toEqual({
      type: 'error',
      error: {
        message: 'Too many requests, please wait before trying again.',
        type: 'throttlingException',
        kind: 'rate_limit',
      },
    })
    expect(decoder.finished).toBe(false)
  })
})

describe('a request', () => {
  const text = (words: string) => ({ type: 'text' as const, text: words })
  const tool = (fixture: Fixture, at: number) => {
    const { toolConfig } = fixture.request.body as { toolConfig: { tools: { toolSpec: JsonObject }[] } }
    const { name, description, inputSchema } = toolConfig.tools[at]!.toolSpec
    return {
      type: 'function' as const,
      name: name as string,
      ...(description !== undefined && { description: description as string }),
      parameters: (inputSchema as JsonObject).json,
    }
  }
  const system = (words: string): Message => ({ role: 'system', content: [text(words)] })
  const firstText = ({ request }: Fixture) =>
    (request.body as { messages: { content: { text: string }[] }[] }).messages[0]!.content[0]!.text

  const requests: Record<string, (fixture: Fixture) => Partial<ChatRequest>> = {
    'converse-text-plus-image-content-with-detailed-structure': (fixture) => ({
      maxOutputTokens: 100,
      temperature: 0.1,
      messages: [
        {
          role: 'user',
          content: [
            text(firstText(fixture)),
            {
              type: 'image',
              source: {
                kind: 'base64',
                mediaType: 'image/png',
                data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==',
              },
            },
          ],
        },
      ],
    }),
    'converse-structured-output': (fixture) => ({
      messages: [system('You are a helpful chatbot.'), { role: 'user', content: [text(firstText(fixture))] }],
      tools: [tool(fixture, 0), tool(fixture, 1)],
      toolChoice: { type: 'required' },
    }),
    'converse-stream-with-tool-use': (fixture) => ({
      stream: true,
      messages: [{ role: 'user', content: [text(firstText(fixture))] }],
      tools: [tool(fixture, 0)],
      maxOutputTokens: 300,
      temperature: 0.5,
    }),
    'converse-zai-native-output': (fixture) => ({
      messages: [system('You are a helpful chatbot.'), { role: 'user', content: [text(firstText(fixture))] }],
      responseFormat: {
        type: 'json_schema',
        name: 'City',
        schema: {
          properties: { city: { type: 'string' }, country: { type: 'string' } },
          required: ['city', 'country'],
          type: 'object',
          additionalProperties: false,
        },
      },
    }),
    'converse-thinking-part-anthropic': (fixture) => ({
      messages: [{ role: 'user', content: [text(firstText(fixture))] }],
      thinking: { enabled: true, budgetTokens: 1024 },
    }),
    'converse-citations-v1-v0-step2': () => ({
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              title: 'company_policy',
              source: {
                kind: 'text',
                text: 'Company leave policy: Employees get 20 days annual leave. Consult with your manager for details.',
              },
              context: 'HR Policy Manual Section 3.2',
              citationsEnabled: true,
            },
            text('How many days of annual leave do employees get?'),
          ],
        },
        {
          role: 'assistant',
          content: [
            text('Employees receive '),
            cited(
              '20 days annual leave.',
              'Company leave policy: Employees get 20 days annual leave. ',
              [0, 58],
            ),
            text(' For further details, '),
            cited('consult with your manager.', 'Consult with your manager for details.', [58, 96]),
          ],
        },
        { role: 'user', content: [text('Who should they consult with?')] },
      ],
    }),
    'converse-structured-output-step2': (fixture) => ({
      messages: [
        system('You are a helpful chatbot.'),
        { role: 'user', content: [text(firstText(fixture))] },
        {
          role: 'assistant',
          content: [
            {
              type: 'tool_call',
              id: 'tooluse_Mj06ft-ITJik1Otgpkc1uA',
              name: 'temperature',
              arguments: '{"date":"2022-01-01","city":"London"}',
            },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              toolCallId: 'tooluse_Mj06ft-ITJik1Otgpkc1uA',
              content: [text('30°C')],
              isError: false,
            },
          ],
        },
      ],
      tools: [tool(fixture, 0), tool(fixture, 1)],
      toolChoice: { type: 'required' },
    }),
  }

  const cited = (words: string, source: string, [start, end]: [number, number]) => ({
    ...text(words),
    citations: {
      dialect: 'bedrock-converse' as const,
      value: [
        {
          title: 'company_policy',
          sourceContent: [{ text: source }],
          location: { documentChar: { documentIndex: 0, start, end } },
        },
      ],
    },
  })

  test.each(Object.keys(requests))('%s is written as it was recorded', (name) => {
    const fixture = loadFixture(`bedrock/${name}`)
    const model = decodeURIComponent(fixture.request.url.split('/').at(-2)!)
    const request = { stream: false, messages: [], model, ...requests[name]!(fixture) }
    const { body, lost } = bedrockConverse.encodeRequest(request, {})
    // The recording client writes empty settings too.
    const recorded = Object.entries(fixture.request.body!).filter(
      ([, value]) => Object.keys(value as object).length > 0,
    )
    expect(body).toEqual(Object.fromEntries(recorded))
    expect(lost).toEqual([])
  })
})

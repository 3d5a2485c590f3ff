import { afterAll, describe, expect, test } from 'vitest'
import { mockModels, openMockTransport } from '../../src/providers/mock/transport.ts'
import { Recorder, sendAndRead } from '../support/exchange.ts'
import { dataLines } from '../support/sse-reader.ts'

const transport = openMockTransport({ now: () => 1_700_000_000_500 })
afterAll(() => transport.close())

const hello = { model: 'mock-gpt', messages: [{ role: 'user', content: 'What is a "gateway"?' }] }
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const clock = { type: 'function', function: { name: 'get_time' } }

interface Completion {
  id: string
  object: string
  created: number
  model: string
  choices: {
    index: number
    finish_reason: string
    message: {
      content: string | null
      reasoning_content?: string
      tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[]
    }
  }[]
  usage: {
    prompt_tokens: number
    completion_tokens: number
    total_tokens: number
    completion_tokens_details: { reasoning_tokens: number }
  }
  error: { message: string; type: string; param: string | null; code: string | null }
}
interface Chunk extends Pick<Completion, 'id' | 'model' | 'error'> {
  choices: {
    index: number
    finish_reason: string | null
    delta: {
      content?: string | null
      reasoning_content?: string
      tool_calls?: { index: number; id?: string; function: { name?: string; arguments: string } }[]
    }
  }[]
  usage?: Completion['usage'] | null
}

async function complete(body: object): Promise<Completion & { status: number | undefined }> {
  const { status, text } = await sendAndRead(transport, '/v1/chat/completions', { ...hello, ...body })
  return { status, ...(JSON.parse(text) as Completion) }
}

async function get(path: string): Promise<Recorder> {
  const recorder = new Recorder()
  transport.send({ method: 'GET', path, headers: [], body: null }, recorder)
  await recorder.over
  return recorder
}

/** What a caller puts together from a stream, and the chunks themselves. */
async function stream(body: object) {
  const recorder = await sendAndRead(transport, '/v1/chat/completions', { ...hello, stream: true, ...body })
  expect(recorder.headers['content-type']).toContain('text/event-stream')
  const lines = dataLines(recorder.text)
  const chunks = lines.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as Chunk)
  const choices: {
    content: string
    reasoning: string
    calls: { name: string; arguments: string }[]
    finish: string | null
  }[] = []
  for (const { index, delta, finish_reason } of chunks.flatMap((chunk) => chunk.choices ?? [])) {
    const choice = (choices[index] ??= { content: '', reasoning: '', calls: [], finish: null })
    choice.content += delta.content ?? ''
    choice.reasoning += delta.reasoning_content ?? ''
    for (const call of delta.tool_calls ?? []) {
      const whole = (choice.calls[call.index] ??= { name: '', arguments: '' })
      whole.name += call.function.name ?? ''
      whole.arguments += call.function.arguments
    }
    choice.finish = finish_reason ?? choice.finish
  }
  return { recorder, lines, chunks, choices, usage: chunks.find((chunk) => chunk.usage)?.usage }
}

describe('mock-gpt', () => {
  test('answers the question it was asked, says what it is and how to get a real provider', async () => {
    const answer = await complete({})
    expect(answer).toMatchObject({
      status: 200,
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'mock-gpt',
    })
    expect(answer.id).toMatch(/^chatcmpl-mock-\d+$/)
    const { content } = answer.choices[0]!.message
    expect(content).toContain('You said: "What is a "gateway"?"')
    expect(content).toContain('built-in mock')
    expect(content).toContain('OPENAI_API_KEY')
    expect(answer.choices[0]!.finish_reason).toBe('stop')
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage
    expect(prompt_tokens).toBe(Math.ceil('What is a "gateway"?'.length / 4))
    expect(total_tokens).toBe(prompt_tokens + completion_tokens)
  })

  test('gives the same text to the same question, and another id', async () => {
    const [one, other] = [await complete({}), await complete({})]
    expect(other.choices).toEqual(one.choices)
    expect(other.id).not.toBe(one.id)
  })

  const shapes: [name: string, body: object][] = [
    ['text', {}],
    ['several choices', { n: 3 }],
    ['a limit', { max_tokens: 4 }],
    ['a stop word', { stop: ['mock'] }],
    ['a tool call', { tools: [weather] }],
    [
      'parallel tool calls',
      { tools: [weather, clock], messages: [{ role: 'user', content: 'in parallel, please' }] },
    ],
    ['a tool call cut by its limit', { tools: [weather], max_tokens: 3 }],
    ['thinking', { model: 'mock-thinking' }],
    ['thinking that uses up the limit', { model: 'mock-thinking', max_tokens: 3 }],
    ['JSON', { response_format: { type: 'json_object' } }],
    ['an empty echo', { model: 'mock-echo', messages: [{ role: 'user', content: '' }] }],
    ['two thousand tokens', { model: 'mock-long' }],
  ]
  test.each(shapes)('streams the same answer that it gives whole: %s', async (_name, body) => {
    const whole = await complete(body)
    const { choices, usage, lines } = await stream({ ...body, stream_options: { include_usage: true } })
    expect(lines.at(-1)).toBe('[DONE]')
    expect(usage).toEqual(whole.usage)
    expect(choices).toEqual(
      whole.choices.map(({ message, finish_reason }) => ({
        content: message.content ?? '',
        reasoning: message.reasoning_content ?? '',
        calls: (message.tool_calls ?? []).map((call) => call.function),
        finish: finish_reason,
      })),
    )
  })

  test('counts as completion tokens what it streams, one chunk each', async () => {
    const { chunks, usage } = await stream({ stream_options: { include_usage: true } })
    const deltas = chunks.filter((chunk) => (chunk.choices[0]?.delta.content ?? '') !== '')
    expect(usage?.completion_tokens).toBe(deltas.length)
  })

  test('sends the usage chunk only to those who ask for it', async () => {
    const { chunks } = await stream({})
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true)
    const asked = await stream({ stream_options: { include_usage: true } })
    expect(asked.chunks.filter((chunk) => chunk.usage)).toHaveLength(1)
    expect(asked.chunks.at(-1)).toMatchObject({ choices: [] })
    expect(asked.chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  test.each(['max_tokens', 'max_completion_tokens'])(
    '%s ends the answer with finish_reason length',
    async (field) => {
      const answer = await complete({ [field]: 3 })
      expect(answer.choices[0]!.finish_reason).toBe('length')
      expect(answer.usage.completion_tokens).toBe(3)
    },
  )

  test('a limit that the answer just fits into does not cut it', async () => {
    const { usage } = await complete({})
    const fitting = await complete({ max_tokens: usage.completion_tokens })
    expect(fitting.choices[0]!.finish_reason).toBe('stop')
  })

  test('stops before a stop word, which does not appear', async () => {
    const { choices } = await complete({ stop: 'built-in' })
    expect(choices[0]).toMatchObject({ finish_reason: 'stop' })
    expect(choices[0]!.message.content).toMatch(/gateway's $/)
  })

  test('n choices differ and are numbered', async () => {
    const { choices } = await complete({ n: 3 })
    expect(choices.map((choice) => choice.index)).toEqual([0, 1, 2])
    expect(new Set(choices.map((choice) => choice.message.content)).size).toBe(3)
  })
})

describe('tools', () => {
  test('calls the first tool with arguments that its schema accepts', async () => {
    const { choices } = await complete({ tools: [weather, clock] })
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } })
    const calls = choices[0]!.message.tool_calls!
    expect(calls.map((call) => call.function.name)).toEqual(['get_weather'])
    expect(JSON.parse(calls[0]!.function.arguments)).toEqual({ city: 'example city' })
    expect(calls[0]!.id).toMatch(/^call_mock_/)
  })

  const named = { tool_choice: { type: 'function', function: { name: 'get_time' } } }
  const allowed = {
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'get_time' } }] },
    },
  }
  const parallel = { messages: [{ role: 'user', content: 'Both in Parallel!' }] }
  test.each([
    ['the named tool', named, ['get_time']],
    ['only an allowed tool', allowed, ['get_time']],
    [
      'one where the caller wants no parallel calls',
      { ...parallel, parallel_tool_calls: false },
      ['get_weather'],
    ],
    ['all tools in parallel', { ...parallel, parallel_tool_calls: true }, ['get_weather', 'get_time']],
  ])('calls %s', async (_name, body, names) => {
    const { choices } = await complete({ tools: [weather, clock], ...body })
    const calls = choices[0]!.message.tool_calls!
    expect(calls.map((call) => call.function.name)).toEqual(names)
    expect(new Set(calls.map((call) => call.id)).size).toBe(names.length)
  })

  test('calls none when tool_choice is none', async () => {
    const { choices } = await complete({ tools: [weather], tool_choice: 'none' })
    expect(choices[0]!.message.tool_calls).toBeUndefined()
    expect(choices[0]!.finish_reason).toBe('stop')
  })

  const withResult = [
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: '21 °C and sunny' },
  ]
  test('answers from tool results instead of calling again', async () => {
    const { choices } = await complete({ tools: [weather], messages: withResult })
    expect(choices[0]!.message.content).toContain('The tool get_weather says: 21 °C and sunny')
  })

  test('calls again when the user speaks after the results, or when a call is required', async () => {
    const next = [
      ...withResult,
      { role: 'assistant', content: 'Sunny.' },
      { role: 'user', content: 'And now?' },
    ]
    expect((await complete({ tools: [weather], messages: next })).choices[0]!.finish_reason).toBe(
      'tool_calls',
    )
    const required = await complete({ tools: [weather], messages: withResult, tool_choice: 'required' })
    expect(required.choices[0]!.finish_reason).toBe('tool_calls')
  })
})

describe('the other models', () => {
  test('mock-echo says exactly what the user said last, also in parts', async () => {
    const said = ' abcde\u{1f600}\n"quoted"\tand\u2028more  \u{1f468}\u200d\u{1f469}'
    for (const content of [said, [{ type: 'text', text: said }]]) {
      const messages = [
        { role: 'user', content: 'before' },
        { role: 'user', content },
      ]
      expect((await complete({ model: 'mock-echo', messages })).choices[0]!.message.content).toBe(said)
      const { choices, chunks } = await stream({ model: 'mock-echo', messages })
      expect(choices[0]!.content).toBe(said)
      expect(chunks.every((chunk) => (chunk.choices[0]?.delta.content ?? '').isWellFormed())).toBe(true)
    }
  })

  test('mock-long answers with 2,000 tokens', async () => {
    const answer = await complete({ model: 'mock-long' })
    expect(answer.usage.completion_tokens).toBe(2000)
  })

  test('mock-thinking thinks before it speaks, and its usage says how much', async () => {
    const { chunks, choices } = await stream({ model: 'mock-thinking' })
    expect(choices[0]!.reasoning).not.toBe('')
    const firstWord = chunks.findIndex((chunk) => chunk.choices[0]?.delta.content)
    const lastThought = chunks.findLastIndex((chunk) => chunk.choices[0]?.delta.reasoning_content)
    expect(lastThought).toBeLessThan(firstWord)
    const { usage } = await complete({ model: 'mock-thinking' })
    const thoughts = chunks.filter((chunk) => chunk.choices[0]?.delta.reasoning_content)
    expect(usage.completion_tokens_details.reasoning_tokens).toBe(thoughts.length)
  })

  test.each([400, 401, 403, 404, 418, 422, 429, 500, 503, 529, 599])(
    'mock-error-%i fails with that status',
    async (status) => {
      for (const body of [{}, { stream: true }]) {
        const recorder = await sendAndRead(transport, '/v1/chat/completions', {
          ...hello,
          ...body,
          model: `mock-error-${status}`,
        })
        expect(recorder.status).toBe(status)
        expect(recorder.headers['content-type']).toBe('application/json')
        expect(recorder.headers['retry-after']).toBe(status === 429 ? '1' : undefined)
        const { error } = JSON.parse(recorder.text) as Completion
        expect(error.message).toContain(String(status))
        expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
      }
    },
  )

  test('mock-error-mid-stream breaks off with an error frame and no [DONE]', async () => {
    const { chunks, choices, lines } = await stream({ model: 'mock-error-mid-stream' })
    expect(choices[0]!.content).not.toBe('')
    expect(choices[0]!.finish).toBeNull()
    expect(chunks.at(-1)!.error).toMatchObject({ type: 'server_error' })
    expect(lines).not.toContain('[DONE]')
    expect(await complete({ model: 'mock-error-mid-stream' })).toMatchObject({ status: 500 })
  })

  test('mock-cut ends without finish_reason and without [DONE]; its JSON ends in the middle', async () => {
    const { choices, lines, recorder } = await stream({ model: 'mock-cut' })
    expect(choices[0]!.content).not.toBe('')
    expect(choices[0]!.finish).toBeNull()
    expect(lines).not.toContain('[DONE]')
    expect(recorder.calls.at(-1)).toBe('end')
    const whole = await sendAndRead(transport, '/v1/chat/completions', { ...hello, model: 'mock-cut' })
    expect(() => JSON.parse(whole.text) as unknown).toThrow(SyntaxError)
  })

  test('any other mock- name answers like mock-gpt', async () => {
    const answer = await complete({ model: 'mock-whatever' })
    expect(answer).toMatchObject({ status: 200, model: 'mock-whatever' })
  })

  test('the list of models names each of them', async () => {
    const recorder = await get('/v1/models')
    const list = JSON.parse(recorder.text) as { data: { id: string }[] }
    expect(list.data.map((model) => model.id)).toEqual(mockModels)
    expect(mockModels).toContain('mock-embedding')
  })
})

describe('the mock object', () => {
  test('tokens sets the length of the answer', async () => {
    const answer = await complete({ mock: { tokens: 7 } })
    expect(answer.usage.completion_tokens).toBe(7)
    expect((await stream({ mock: { tokens: 7 } })).choices[0]!.content).toBe(
      answer.choices[0]!.message.content,
    )
  })

  test('status makes any model fail, or work', async () => {
    expect(await complete({ mock: { status: 529 } })).toMatchObject({ status: 529 })
    expect(await complete({ model: 'mock-error-503', mock: { status: 200 } })).toMatchObject({ status: 200 })
  })

  test.each([
    [7, 'mock', 'must be an object'],
    [{ tokens: 0 }, 'mock.tokens', '1 to 100000, found 0'],
    [{ tokens: 1.5 }, 'mock.tokens', 'found 1.5'],
    [{ latency_ms: -1 }, 'mock.latency_ms', 'found -1'],
    [{ latency_ms: '5' }, 'mock.latency_ms', 'found a string'],
    [{ tokens_per_second: 0 }, 'mock.tokens_per_second', 'found 0'],
    [{ status: 302 }, 'mock.status', '200 or 400 to 599, found 302'],
    [{ status: 600 }, 'mock.status', 'found 600'],
    [{ speed: 1 }, 'mock', 'latency_ms, tokens_per_second, tokens, status'],
  ])('refuses %j', async (mock, param, message) => {
    const answer = await complete({ mock })
    expect(answer.status).toBe(400)
    expect(answer.error.param).toBe(param)
    expect(answer.error.message).toContain(message)
  })
})

describe('bad requests', () => {
  test.each([
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [7] }, 'messages[0]'],
    [{ stream: 'yes' }, 'stream'],
    [{ n: 0 }, 'n'],
    [{ n: 129 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ stop: [''] }, 'stop'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ type: 'function' }] }, 'tools[0]'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [clock], tool_choice: { type: 'function', function: { name: 'other' } } }, 'tool_choice'],
    [{ tools: [clock], tool_choice: 'sometimes' }, 'tool_choice'],
    [{ response_format: { type: 'xml' } }, 'response_format'],
    [{ response_format: { type: 'json_schema', json_schema: { schema: { enum: [] } } } }, 'response_format'],
    [{ model: '' }, 'model'],
    [{ model: 5 }, 'model'],
  ])('a 400 names the field: %j', async (body, param) => {
    const answer = await complete(body)
    expect(answer.status).toBe(400)
    expect(answer.error).toMatchObject({ type: 'invalid_request_error', param })
  })

  test.each([
    ['gpt-4o', '"mock-"'],
    ['mock-error-700', 'mock-error-400 to mock-error-599'],
    ['mock-embedding', 'not a chat model'],
    ['__proto__', '"mock-"'],
  ])('a model it does not have is a 404: %s', async (model, message) => {
    const answer = await complete({ model })
    expect(answer.status).toBe(404)
    expect(answer.error).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(answer.error.message).toContain(message)
  })

  test.each(['', '{', 'null', '[]', '"text"', '\xff'])(
    'a body that is no JSON object is a 400: %j',
    async (text) => {
      const recorder = await sendAndRead(transport, '/v1/chat/completions', Buffer.from(text, 'latin1'))
      expect(recorder.status).toBe(400)
      expect((JSON.parse(recorder.text) as Completion).error.type).toBe('invalid_request_error')
    },
  )

  test('a path that it does not serve is a 404, a GET where it wants a POST a 405', async () => {
    expect((await sendAndRead(transport, '/v1/images', hello)).status).toBe(404)
    expect((await get('/v1/embeddings')).status).toBe(405)
  })

  test('a schema too deep to write out is an error, not the end of the process', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'deep', schema: { const: 'HERE' } } }
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const text = JSON.stringify({ ...hello, response_format: format }).replace('"HERE"', deep)
    const recorder = await sendAndRead(transport, '/v1/chat/completions', Buffer.from(text))
    expect(recorder.status).toBe(500)
  })
})

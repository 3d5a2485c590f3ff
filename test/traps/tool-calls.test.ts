import { describe, expect, test } from 'vitest'
import { geminiAnswer, geminiCall, geminiParts } from './providers/gemini.ts'
import {
  chatAnswer,
  chatCall,
  chatChoice,
  chatChunk,
  chatDone,
  chatUsageChunk,
} from './providers/openai-chat.ts'
import { sse } from './providers/provider-wire.ts'
import { routes } from './routes/index.ts'
import type { SaidCall } from './said.ts'
import {
  cells,
  cellsOf,
  hearAnswer,
  playJson,
  playStream,
  routeOf,
  useWorld,
  ways,
  type Cell,
} from './world.ts'

const world = useWorld()

/** Cut inside a key, an escape, a number and a character of several bytes. */
const weather: SaidCall = {
  id: 'call_weather',
  name: 'weather',
  pieces: ['{"ci', 'ty":"T', 'ōky', 'ō \\', '"E\\"', '","days":1', '2}'],
}
const time: SaidCall = { id: 'call_time', name: 'time', pieces: ['{"city":', '"Rome"', '}'] }
const none: SaidCall = { id: 'call_none', name: 'time', pieces: ['{}'] }

/** What a caller reads of a call: ids are the provider's, arguments the same JSON. */
const read = ({ id, name, ...call }: SaidCall) => ({
  id,
  name,
  arguments: JSON.parse('pieces' in call ? call.pieces.join('') : '') as unknown,
})
const parsed = (calls: readonly { id: string; name: string; arguments: string }[]) =>
  calls.map((call) => ({ ...call, arguments: JSON.parse(call.arguments) as unknown }))
const tools = ({ route }: Cell) => ({ tools: routes[route].tools })

describe.each(ways)('as %s', (way) => {
  test.each(cells)('arguments that come in parts: $route from $provider', async (cell) => {
    const heard = await world.hear(cell, way, { calls: [weather] }, tools(cell))
    expect(parsed(heard.calls)).toEqual([read(weather)])
    expect(heard.finish).toBe(routeOf(cell).finishes.tool_calls)
    expect(heard.text).toBe('')
  })

  test.each(cells)('parallel calls, numbered from 0 after a text: $route from $provider', async (cell) => {
    const said = { texts: ['I will ', 'look.'], calls: [weather, time, none] }
    const heard = await world.hear(cell, way, said, tools(cell))
    expect(heard.text).toBe('I will look.')
    expect(parsed(heard.calls)).toEqual([weather, time, none].map(read))
    expect(heard.finish).toBe(routeOf(cell).finishes.tool_calls)
  })
})

/** Servers which say `stop` although tools were called. `openai` and relayed cells are passed on as they are. */
describe('a plain stop after calls is tool_calls', () => {
  const stopping = { calls: [weather], finish: 'stop' } as const
  const translated = cells.filter(
    ({ route, provider }) => !(route === 'chat' && (provider === 'openai' || provider === 'compatible')),
  )
  const hasWordForIt = translated.filter(
    ({ route, provider }) => !(route === 'messages' && provider === 'anthropic'),
  )

  test.each(hasWordForIt.flatMap((cell) => ways.map((way) => ({ ...cell, way }))))(
    '$route from $provider as $way',
    async ({ way, ...cell }) => {
      const heard = await world.hear(cell, way, stopping, tools(cell))
      expect(heard.finish).toBe(routeOf(cell).finishes.tool_calls)
      expect(parsed(heard.calls)).toEqual([read(weather)])
    },
  )
})

describe("Gemini's call and its STOP", () => {
  const call = geminiParts(geminiCall(weather))
  const streams = {
    'in different chunks': [
      geminiAnswer(call),
      geminiAnswer({ ...geminiParts({ text: '' }), finishReason: 'STOP' }),
    ],
    'in one chunk': [geminiAnswer({ ...call, finishReason: 'STOP' })],
    'STOP before the call': [
      geminiAnswer({ ...geminiParts({ text: 'Looking.' }), finishReason: 'STOP' }),
      geminiAnswer({ ...call, finishReason: 'STOP' }),
    ],
    'STOP without content': [geminiAnswer(call), geminiAnswer({ finishReason: 'STOP' })],
    'two calls in two chunks': [
      geminiAnswer(geminiParts(geminiCall(weather))),
      geminiAnswer(geminiParts(geminiCall(time))),
      geminiAnswer({ finishReason: 'STOP' }),
    ],
  }
  test.each(
    Object.entries(streams).flatMap(([name, chunks]) =>
      cellsOf(['gemini']).map((cell) => ({ name, chunks, cell, route: cell.route })),
    ),
  )('$name: $route', async ({ cell, chunks, name }) => {
    const script = playStream(
      cell,
      chunks.map((chunk) => sse(chunk)),
    )
    const { answer } = await world.call(cell, { ...routeOf(cell).streaming, ...tools(cell) }, script)
    const heard = hearAnswer(cell, 'stream', answer)
    expect(heard.finish).toBe(routeOf(cell).finishes.tool_calls)
    expect(parsed(heard.calls)).toEqual((name.startsWith('two') ? [weather, time] : [weather]).map(read))
  })

  test.each(cellsOf(['gemini']))('calls without ids get different ones: $route', async (cell) => {
    const nameless = [weather, weather].map((call) => ({ functionCall: { name: call.name, args: {} } }))
    const chunk = geminiAnswer({ ...geminiParts(...nameless), finishReason: 'STOP' })
    for (const way of ways) {
      const script = way === 'json' ? playJson(chunk) : playStream(cell, [sse(chunk)])
      const streaming = way === 'stream' ? routeOf(cell).streaming : {}
      const { answer } = await world.call(cell, { ...streaming, ...tools(cell) }, script)
      const ids = hearAnswer(cell, way, answer).calls.map(({ id }) => id)
      expect(ids).toHaveLength(2)
      expect(new Set(ids).size).toBe(2)
      expect(ids.every((id) => id !== '')).toBe(true)
    }
  })
})

/** Cells of OpenAI's chunks, which alone have the field; `chat` is relayed from the first two. */
const openaiShaped = cellsOf(['openai', 'compatible', 'mistral'])

describe('an empty list of calls is no call', () => {
  test.each(openaiShaped)('in a chunk: $route from $provider', async (cell) => {
    const chunks = [
      chatChunk({ role: 'assistant', content: '', tool_calls: [] }),
      chatChunk({ content: 'Hi', tool_calls: [] }),
      chatChunk({ tool_calls: null }),
      chatChunk({ tool_calls: [] }, 'stop'),
      chatUsageChunk,
      chatDone,
    ]
    const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, chunks))
    const heard = hearAnswer(cell, 'stream', answer)
    expect(heard).toMatchObject({ text: 'Hi', calls: [], finish: routeOf(cell).finishes.stop })
  })

  test.each(openaiShaped)('in an answer: $route from $provider', async (cell) => {
    const answer = chatAnswer([chatChoice(0, { content: 'Hi', tool_calls: [] }, 'stop')])
    const exchange = await world.call(cell, {}, playJson(answer))
    const heard = hearAnswer(cell, 'json', exchange.answer)
    expect(heard).toMatchObject({ text: 'Hi', calls: [], finish: routeOf(cell).finishes.stop })
  })
})

/** What servers send in place of an absent text beside calls. */
describe.each([null, ''])('content %j beside calls', (content) => {
  test.each(openaiShaped)('in an answer: $route from $provider', async (cell) => {
    const message = { content, tool_calls: [chatCall(weather)] }
    const { answer } = await world.call(
      cell,
      tools(cell),
      playJson(chatAnswer([chatChoice(0, message, 'tool_calls')])),
    )
    const heard = hearAnswer(cell, 'json', answer)
    expect({ ...heard, calls: parsed(heard.calls) }).toMatchObject({ text: '', calls: [read(weather)] })
    if (cell.route === 'messages')
      expect(answer.json.content.map((block: { type: string }) => block.type)).toEqual(['tool_use'])
  })
})

import { describe, expect, test } from 'vitest'
import { sentences, spoken } from './spoken.ts'
import { cells, hearAnswer, playStream, providerOf, routeOf, useWorld } from './world.ts'

const world = useWorld()

/** A byte at a time, and sizes that meet characters of two, three and four bytes in their middle. */
describe.each([1, 3, 7])('a stream cut every %i bytes', (chunkBytes) => {
  test.each(cells)('$route from $provider', async (cell) => {
    const script = playStream(cell, providerOf(cell).stream(spoken), chunkBytes)
    const asked = { ...routeOf(cell).streaming, tools: routeOf(cell).tools }
    const { answer } = await world.call(cell, asked, script)
    const heard = hearAnswer(cell, 'stream', answer)
    expect(heard.text).toBe(sentences.join(''))
    expect(JSON.parse(heard.calls[0]!.arguments)).toEqual({ city: 'Tōkyō 😀' })
  })
})

/** Both ends of a line, cut between them too. */
describe.each(['\r\n', '\r'])('lines that end with %j', (end) => {
  const sseCells = cells.filter(({ provider }) => provider !== 'bedrock' && provider !== 'ollama')
  test.each(sseCells)('$route from $provider', async (cell) => {
    const text = Buffer.concat(providerOf(cell).stream(spoken)).toString()
    const frames = [Buffer.from(text.replaceAll('\n', end))]
    const asked = { ...routeOf(cell).streaming, tools: routeOf(cell).tools }
    const { answer } = await world.call(cell, asked, playStream(cell, frames, 1))
    // The last line feed may be missing: a carriage return alone has ended the event.
    const read = { ...answer, text: answer.text.replaceAll(/\r\n?/g, '\n') }
    expect(hearAnswer(cell, 'stream', read).text).toBe(sentences.join(''))
  })
})

/** The same for answers that are no streams. */
test.each(cells)('an answer cut at every byte: $route from $provider', async (cell) => {
  const script = { json: providerOf(cell).json(spoken), chunkBytes: 1 }
  const { answer } = await world.call(cell, { tools: routeOf(cell).tools }, script)
  const heard = hearAnswer(cell, 'json', answer)
  expect(heard.text).toBe(sentences.join(''))
  expect(JSON.parse(heard.calls[0]!.arguments)).toEqual({ city: 'Tōkyō 😀' })
})

/** Servers that cut by UTF-16 send half of a pair in one event, escaped, and the other half in the next. */
test.each(cells)('a character in two events: $route from $provider', async (cell) => {
  const heard = await world.hear(cell, 'stream', { texts: ['a\ud83d', '\ude00b'] })
  expect(heard.text).toBe('a😀b')
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openMockTransport } from '../../src/providers/mock/transport.ts'
import { send, sendAndRead } from '../support/exchange.ts'
import { dataLines } from '../support/sse-reader.ts'

const path = '/v1/chat/completions'
const hello = { model: 'mock-gpt', messages: [{ role: 'user', content: 'hello' }] }
const long = { ...hello, model: 'mock-long', stream: true }
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('order and reach of the calls', () => {
  test('nothing reaches the receiver from inside send', async () => {
    const { recorder } = send(openMockTransport(), path, hello)
    expect(recorder.calls).toEqual([])
    await recorder.over
    expect(recorder.calls).toEqual(['head', 'data', 'end'])
  })

  test('a paused answer waits, before its head and in the middle, and goes on without loss', async () => {
    const transport = openMockTransport()
    const whole = await sendAndRead(transport, path, long)
    const { recorder, exchange } = send(transport, path, long)
    exchange.pause()
    await turns(20)
    expect(recorder.calls).toEqual([])
    // A reader that stops after every chunk, and is slow to ask for the next.
    recorder.onChunk = () => {
      exchange.pause()
      const seen = recorder.calls.length
      void turns(5).then(() => {
        expect(recorder.calls.length).toBe(seen)
        exchange.resume()
      })
    }
    exchange.resume()
    await recorder.over
    const withoutIds = (text: string) => text.replaceAll(/chatcmpl-mock-\d+/g, '')
    expect(withoutIds(recorder.text)).toBe(withoutIds(whole.text))
    expect(recorder.calls.at(-1)).toBe('end')
    expect(recorder.chunks.length).toBeGreaterThan(5)
  })

  test('a reader that pauses at the head gets no data, and one that pauses at the last chunk no end', async () => {
    const { recorder, exchange } = send(openMockTransport(), path, hello)
    recorder.afterHead = () => exchange.pause()
    recorder.onChunk = () => exchange.pause()
    await turns(5)
    expect(recorder.calls).toEqual(['head'])
    exchange.resume()
    await turns(5)
    expect(recorder.calls).toEqual(['head', 'data'])
    exchange.resume()
    await recorder.over
    expect(recorder.calls).toEqual(['head', 'data', 'end'])
  })

  test('pause and resume within one call neither stop nor double the answer', async () => {
    const { recorder, exchange } = send(openMockTransport(), path, long)
    recorder.onChunk = () => {
      exchange.pause()
      exchange.resume()
      exchange.resume()
    }
    await recorder.over
    await turns(10)
    expect(recorder.calls.filter((call) => call === 'end')).toHaveLength(1)
    expect(dataLines(recorder.text)).toHaveLength(2003)
  })

  test('cancel is the last word: before the head, inside a chunk, and twice', async () => {
    const transport = openMockTransport()
    const early = send(transport, path, hello)
    early.exchange.cancel()
    const middle = send(transport, path, long)
    middle.recorder.onChunk = () => middle.exchange.cancel()
    await turns(20)
    middle.exchange.resume()
    middle.exchange.cancel()
    await turns(20)
    expect(early.recorder.calls).toEqual([])
    expect(middle.recorder.calls).toEqual(['head', 'data'])
    await transport.close()
  })

  test('a long answer comes in pieces of a bounded size', async () => {
    const { chunks } = await sendAndRead(openMockTransport(), path, long)
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(17 * 1024)
  })
})

describe('close', () => {
  test('waits for what is under way and refuses what comes after', async () => {
    const transport = openMockTransport()
    const { recorder } = send(transport, path, long)
    const closed = transport.close()
    const late = send(transport, path, hello)
    await closed
    expect(recorder.calls.at(-1)).toBe('end')
    await late.recorder.over
    expect(late.recorder.calls).toEqual(['error'])
    expect(late.recorder.failure).toMatchObject({ name: 'UpstreamFailure', kind: 'connect' })
    await transport.close()
  })

  test('does not wait for mock-hang, which never answers', async () => {
    const transport = openMockTransport()
    const { recorder } = send(transport, path, { ...hello, model: 'mock-hang' })
    await turns(50)
    expect(recorder.calls).toEqual([])
    await transport.close()
    expect(recorder.failure).toMatchObject({ kind: 'protocol' })
  })

  test('a hanging answer can be cancelled and is heard of no more', async () => {
    const transport = openMockTransport()
    const { recorder, exchange } = send(transport, path, { ...hello, model: 'mock-hang' })
    await turns(3)
    exchange.pause()
    exchange.resume()
    exchange.cancel()
    await transport.close()
    expect(recorder.calls).toEqual([])
  })

  test.each(['mock-hang', 'mock-slow'])('a pending %s does not keep a process alive', async (model) => {
    const script = `
      import { openMockTransport } from ${JSON.stringify(new URL('../../src/providers/mock/transport.ts', import.meta.url))}
      const body = Buffer.from(${JSON.stringify(JSON.stringify({ ...hello, model }))})
      const receiver = { onHead() { console.log('answered') }, onData() {}, onEnd() {}, onError() {} }
      openMockTransport().send({ method: 'POST', path: '${path}', headers: [], body }, receiver)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout).toBe('')
  })
})

describe('pace', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const tokensOf = (text: string) => dataLines(text).filter((line) => /"content":"[^"]/.test(line)).length

  test('mock-slow begins after 2 s and goes on with 10 tokens a second', async () => {
    const { recorder } = send(openMockTransport(), path, { ...hello, model: 'mock-slow', stream: true })
    await vi.advanceTimersByTimeAsync(1990)
    expect(recorder.calls).toEqual([])
    await vi.advanceTimersByTimeAsync(20)
    expect(recorder.status).toBe(200)
    expect(tokensOf(recorder.text)).toBe(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(tokensOf(recorder.text)).toBe(11)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(recorder.calls.at(-1)).toBe('end')
  })

  test('a JSON answer takes as long as its tokens would', async () => {
    const mock = { latency_ms: 100, tokens_per_second: 10, tokens: 5 }
    const { recorder } = send(openMockTransport(), path, { ...hello, mock })
    await vi.advanceTimersByTimeAsync(590)
    expect(recorder.calls).toEqual([])
    await vi.advanceTimersByTimeAsync(20)
    expect(recorder.calls).toEqual(['head', 'data', 'end'])
  })

  test('many tokens a second come several at a time, none lost', async () => {
    const mock = { tokens_per_second: 10_000, tokens: 1000 }
    const { recorder } = send(openMockTransport(), path, { ...hello, stream: true, mock })
    await vi.advanceTimersByTimeAsync(200)
    expect(recorder.calls.at(-1)).toBe('end')
    expect(tokensOf(recorder.text)).toBe(1000)
    expect(recorder.chunks.length).toBeLessThan(500)
  })

  test('what a paused reader misses comes at once when it resumes', async () => {
    const mock = { tokens_per_second: 10, tokens: 50 }
    const { recorder, exchange } = send(openMockTransport(), path, { ...hello, stream: true, mock })
    await vi.advanceTimersByTimeAsync(1)
    exchange.pause()
    await vi.advanceTimersByTimeAsync(2000)
    expect(tokensOf(recorder.text)).toBe(1)
    exchange.resume()
    await vi.advanceTimersByTimeAsync(1)
    expect(tokensOf(recorder.text)).toBe(21)
  })

  test('a reader that pauses and resumes at each chunk has one timer', async () => {
    const mock = { tokens_per_second: 10, tokens: 50 }
    const { recorder, exchange } = send(openMockTransport(), path, { ...hello, stream: true, mock })
    recorder.onChunk = () => {
      exchange.pause()
      exchange.resume()
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(vi.getTimerCount()).toBe(1)
  })

  test('cancel leaves no timer behind', async () => {
    const transport = openMockTransport()
    const exchanges = [
      send(transport, path, { ...hello, model: 'mock-slow' }),
      send(transport, path, { ...hello, stream: true, mock: { tokens_per_second: 1 } }),
    ]
    await vi.advanceTimersByTimeAsync(500)
    expect(vi.getTimerCount()).toBe(2)
    for (const { exchange } of exchanges) exchange.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})

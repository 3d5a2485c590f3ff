import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { loadFixture } from '../support/fixtures.ts'
import { openStream, post, startGateway } from '../support/gateway.ts'
import { anthropicSse, startUpstream, type ScriptedAnswer } from '../support/upstream.ts'

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 's' },
    { type: 'text', text: ' a time' },
  ],
  stop_reason: 'max_tokens',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 4 },
}
const messageStream = anthropicSse(
  { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' a' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' time' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
)

/** A gateway whose provider of this type answers so, and OpenAI's SDK before it. */
async function start(type: string, answer: ScriptedAnswer) {
  const upstream = await startUpstream(answer)
  const gateway = await startGateway({
    config: { providers: { [type]: { type, api_key: 'sk-test', base_url: upstream.url } } },
  })
  const sdk = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  return { upstream, url: `${gateway.url}/v1/completions`, sdk }
}

const prompt = 'Once upon'

describe('a provider that has no text completions', () => {
  test('is asked by a message and answers a completion', async () => {
    const { upstream, sdk } = await start('anthropic', { json: message })
    const answer = await sdk.completions.create({
      model: 'anthropic/claude-haiku-4-5',
      prompt,
      max_tokens: 4,
    })
    expect(upstream.requests[0]).toMatchObject({
      path: '/v1/messages',
      json: {
        model: 'claude-haiku-4-5',
        max_tokens: 4,
        messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
      },
    })
    expect(answer).toMatchObject({
      object: 'text_completion',
      model: 'claude-haiku-4-5',
      choices: [{ text: ' a time', index: 0, finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    })
  })

  test('streams pieces of one, with its usage where that was asked for', async () => {
    const { sdk } = await start('anthropic', { sse: messageStream })
    const chunks = await Array.fromAsync(
      await sdk.completions.create({
        model: 'anthropic/claude-haiku-4-5',
        prompt,
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe(' a time')
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })
  })

  test('says what it could not be asked for, by the names of the caller', async () => {
    const { url } = await start('anthropic', { json: message })
    const body = {
      model: 'anthropic/claude-haiku-4-5',
      prompt,
      suffix: ' end',
      echo: true,
      best_of: 2,
      seed: 1,
    }
    const { headers } = await post(url, { ...body, repetition_penalty: 1.1 })
    expect(String(headers['x-gateway-dropped']).split(',')).toEqual([
      ...['seed', 'suffix', 'echo', 'best_of', 'repetition_penalty'],
    ])
  })

  test.each([
    [['one', 'two'], 'an array of 2 prompts'],
    [[1, 2], 'made of tokens'],
    ['', 'an empty string'],
  ])('refuses the prompt %j before it asks anybody', async (bad, found) => {
    const { upstream, url } = await start('anthropic', { json: message })
    const { status, json } = await post(url, { model: 'anthropic/claude-haiku-4-5', prompt: bad })
    expect(status).toBe(400)
    expect(json.error).toMatchObject({ type: 'invalid_request_error', param: 'prompt' })
    expect(json.error.message).toContain(found)
    expect(upstream.requests).toEqual([])
  })

  test('that fails in the middle ends the stream with an error and without an end mark', async () => {
    const failure = anthropicSse({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
    })
    const { url } = await start('anthropic', { sse: [...messageStream.slice(0, 3), ...failure], delayMs: 30 })
    const body = { model: 'anthropic/claude-haiku-4-5', prompt, stream: true }
    const events = await Array.fromAsync((await openStream(url, body)).events())
    expect(events[0]!.json).toMatchObject({ object: 'text_completion', choices: [{ text: ' a' }] })
    expect(events.at(-1)!.json.error.message).toEqual(expect.any(String))
    expect(events.some(({ data }) => data === '[DONE]')).toBe(false)
  })
})

describe('a provider that has them', () => {
  test('is asked in the words of the caller, tokens and all, and its answer is relayed', async () => {
    const fixture = loadFixture('vllm/completions-openai-completion-guided-choice-2367be')
    const { upstream, url } = await start('vllm', { fixture })
    const body = { model: 'Qwen/Qwen3-0.6B', prompt: [[1, 2], [3]], min_tokens: 2 }
    const { json } = await post(url, { ...body, model: 'vllm/Qwen/Qwen3-0.6B' })
    expect(upstream.requests[0]).toMatchObject({ path: '/v1/completions', json: body })
    expect(json).toEqual(fixture.response.body)
  })

  test('streams as it streams, without the usage that only the gateway asked for', async () => {
    const fixture = loadFixture('openai/completions-completion-streaming-usage')
    const { upstream, url } = await start('vllm', { fixture, chunkBytes: 1000 })
    const text = await (await openStream(url, { model: 'vllm/babbage-002', prompt, stream: true })).text()
    expect(upstream.requests[0]!.json).toEqual({
      model: 'babbage-002',
      prompt,
      stream: true,
      stream_options: { include_usage: true },
    })
    const events = fixture.response.bodyText!.split(/(?<=\n\n)/)
    expect(text).toBe(events.filter((event) => !event.includes('"choices":[]')).join(''))
  })
})

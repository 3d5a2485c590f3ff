import { describe, expect, test } from 'vitest'
import { noUsage } from '../../src/canonical/usage.ts'
import { anthropicTokenCount } from '../../src/dialects/anthropic-messages/token-count.ts'
import { openaiSpeech } from '../../src/dialects/openai-audio/speech.ts'
import { openaiTranscriptions } from '../../src/dialects/openai-audio/transcriptions.ts'
import { openaiImages } from '../../src/dialects/openai-images/index.ts'
import { openaiModerations } from '../../src/dialects/openai-moderations/index.ts'
import type { RelayedDialect } from '../../src/dialects/relayed-dialect.ts'
import { rerank } from '../../src/dialects/rerank/index.ts'

describe('usage', () => {
  test.each<[string, RelayedDialect, unknown, object | undefined]>([
    [
      'of an image',
      openaiImages,
      { input_tokens: 50, output_tokens: 9, input_tokens_details: { cached_tokens: 20 } },
      { input: 30, cached: 20, output: 9 },
    ],
    [
      'with more cached than there is',
      openaiImages,
      { input_tokens: 5, output_tokens: 9, input_tokens_details: { cached_tokens: 20 } },
      { input: 0, cached: 5, output: 9 },
    ],
    [
      'of sound',
      openaiTranscriptions,
      { input_tokens: 14, output_tokens: 5, input_token_details: { audio_tokens: 12 } },
      { input: 14, output: 5, inputAudio: 12 },
    ],
    [
      'of speech, which is all audio',
      openaiSpeech,
      { input_tokens: 14, output_tokens: 101 },
      { input: 14, output: 101, outputAudio: 101 },
    ],
    [
      'in the words of chats',
      openaiTranscriptions,
      { prompt_tokens: 4, completion_tokens: 3 },
      { input: 4, output: 3 },
    ],
    ['in the words of chats, with nothing produced', openaiModerations, { prompt_tokens: 4 }, { input: 4 }],
    [
      'of a ranking',
      rerank,
      { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 },
      { input: 4, output: 3 },
    ],
    ['of a ranking as a total', rerank, { total_tokens: 7 }, { input: 7 }],
    ['that is no integer', openaiImages, { input_tokens: 1.5, output_tokens: 1 }, undefined],
    ['that is negative', openaiImages, { input_tokens: 1, output_tokens: -1 }, undefined],
    [
      'with wrong details',
      openaiImages,
      { input_tokens: 1, output_tokens: 1, input_tokens_details: { audio_tokens: '1' } },
      undefined,
    ],
    ['in seconds', openaiTranscriptions, { type: 'duration', seconds: 3 }, undefined],
    ['that is none', openaiImages, null, undefined],
    ['of a count, which is none', anthropicTokenCount, { input_tokens: 9, output_tokens: 1 }, undefined],
  ])('%s', (_name, dialect, usage, expected) => {
    expect(dialect.readUsage({ input_tokens: 9, usage })).toEqual(expected && { ...noUsage, ...expected })
  })

  test('of Cohere', () => {
    const meta = { billed_units: { search_units: 1 }, tokens: { input_tokens: 7, output_tokens: 2 } }
    expect(rerank.readUsage({ meta })).toEqual({ ...noUsage, input: 7, output: 2 })
    expect(rerank.readUsage({ meta: { billed_units: { search_units: 1 } } })).toBeUndefined()
  })
})

describe('an answer', () => {
  test.each<[RelayedDialect, object, boolean]>([
    [openaiImages, { data: [] }, true],
    [openaiImages, { data: {} }, false],
    [openaiImages, { data: [], error: { message: 'Oops' } }, false],
    [openaiModerations, { results: [] }, true],
    [openaiModerations, { results: [], error: 'Oops' }, false],
    [openaiModerations, { data: [] }, false],
    [rerank, { results: [] }, true],
    [rerank, { results: [], object: 'error' }, false],
    [rerank, {}, false],
    [openaiSpeech, { anything: 1 }, true],
    [openaiSpeech, { error: { message: 'Oops' } }, false],
    [openaiTranscriptions, { text: '' }, true],
    [openaiTranscriptions, { error: 'Oops' }, false],
    [anthropicTokenCount, { input_tokens: 0 }, true],
    [anthropicTokenCount, { input_tokens: 1.5 }, false],
    [anthropicTokenCount, { type: 'error' }, false],
  ])('%o: %j is one: %s', (dialect, body, isOne) => {
    expect(dialect.isAnswer(body as Record<string, unknown>)).toBe(isOne)
  })

  test('may be more than JSON for some', () => {
    const forms = (dialect: RelayedDialect) => [dialect.events !== undefined, dialect.bytes === true]
    expect([openaiModerations, rerank, anthropicTokenCount].map(forms)).toEqual(Array(3).fill([false, false]))
    expect(forms(openaiImages)).toEqual([true, false])
    expect([openaiSpeech, openaiTranscriptions].map(forms)).toEqual(Array(2).fill([true, true]))
  })
})

describe('a stream of events', () => {
  const delta = { data: '{"type":"transcript.text.delta","delta":"a"}' }
  const done = {
    data: '{"type":"transcript.text.done","text":"a","model":"m","usage":{"input_tokens":1,"output_tokens":2}}',
  }
  const watch = (...frames: { data: string; event?: string }[]) => {
    const watched = openaiTranscriptions.events!.watch()
    return { seen: frames.map((frame) => watched.see(frame)), watched }
  }

  test('may end after its last event, and not before', () => {
    expect(watch().watched.mayEnd).toBe(true)
    expect(watch(delta).watched.mayEnd).toBe(false)
    expect(watch(delta, done).watched.mayEnd).toBe(true)
    expect(watch(delta, done, delta).watched.mayEnd).toBe(false)
    expect(watch(delta, { data: '{"type":"transcript.text.segment"}' }).watched.mayEnd).toBe(false)
    const { seen, watched } = watch(delta, done, { data: '[DONE]' })
    expect(seen).toEqual(['pass', 'pass', 'end'])
    expect(watched.usage).toEqual({ ...noUsage, input: 1, output: 2 })
    expect(watched.model).toBe('m')
  })

  test('that says it is over is', () => {
    expect(watch(delta, { data: '[DONE]' }).watched.mayEnd).toBe(true)
  })

  test('has pings, which are no life', () => {
    const { seen, watched } = watch(
      { event: 'ping', data: '{}' },
      { data: '' },
      { data: 'words' },
      { data: '[1]' },
    )
    expect(seen).toEqual(['ping', 'ping', 'pass', 'pass'])
    expect(watched.mayEnd).toBe(true)
  })

  test('takes a text that only looks like a piece for what it is', () => {
    const text = JSON.stringify({ type: 'transcript.text.done', text: 'a "type": "x.delta" and .delta' })
    expect(watch(delta, { data: text }).watched.mayEnd).toBe(true)
  })

  test.each([
    [{ data: '{"error":{"message":"Oops","type":"server_error"}}' }, 'server'],
    [{ data: '{"type":"error","code":"rate_limit_exceeded","message":"Oops"}' }, 'rate_limit'],
    [{ data: '{"message":"Oops"}', event: 'error' }, 'server'],
    [{ data: '{"type":"transcript.text.delta","message":"Oops"}', event: 'error' }, 'server'],
    [{ data: 'Oops', event: 'error' }, 'server'],
  ])('fails by %j', (frame, kind) => {
    const { seen, watched } = watch(delta, frame)
    expect(seen).toEqual(['pass', 'error'])
    expect(watched.error).toMatchObject({ message: 'Oops', kind })
  })

  test('of chats, as vLLM writes it, is over when every choice is', () => {
    const chunk = (...finishes: unknown[]) => ({
      data: JSON.stringify({
        object: 'transcription.chunk',
        choices: finishes.map((finish_reason) => ({ finish_reason })),
      }),
    })
    expect(watch(chunk(null)).watched.mayEnd).toBe(false)
    expect(watch(chunk('')).watched.mayEnd).toBe(false)
    expect(watch(chunk('stop', null)).watched.mayEnd).toBe(false)
    expect(watch(chunk('stop', 'stop')).watched.mayEnd).toBe(true)
    expect(watch(chunk('stop'), chunk()).watched.mayEnd).toBe(true)
  })
})

import { expect, test } from 'vitest'
import { providers } from './providers/index.ts'
import { cells, useWorld, type Cell } from './world.ts'

const world = useWorld()

test('every provider is asked at its own path', async () => {
  const paths: Record<Cell['provider'], [string, string]> = {
    openai: ['/v1/chat/completions', '/v1/chat/completions'],
    compatible: ['/v1/chat/completions', '/v1/chat/completions'],
    responses: ['/v1/responses', '/v1/responses'],
    anthropic: ['/v1/messages', '/v1/messages'],
    gemini: [
      '/v1beta/models/gemini-2.5-flash:generateContent',
      '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    ],
    bedrock: [
      `/model/${encodeURIComponent(providers.bedrock.model)}/converse`,
      `/model/${encodeURIComponent(providers.bedrock.model)}/converse-stream`,
    ],
    cohere: ['/v2/chat', '/v2/chat'],
    mistral: ['/v1/chat/completions', '/v1/chat/completions'],
    ollama: ['/api/chat', '/api/chat'],
  }
  for (const cell of cells) {
    const [whole, streamed] = paths[cell.provider]
    expect((await world.send(cell, {})).sent.path).toBe(whole)
    expect((await world.send(cell, {}, 'stream')).sent.path).toBe(streamed)
  }
})

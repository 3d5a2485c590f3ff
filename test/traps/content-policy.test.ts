import { describe, expect, test } from 'vitest'
import type { Wire } from './said.ts'
import { cellsOf, routeOf, useWorld } from './world.ts'

const world = useWorld()

const message = 'The prompt was blocked by the content filtering policy.'
const openai = { error: { message, type: 'invalid_request_error', param: 'prompt', code: 'content_filter' } }

/** Filters that refuse the prompt with a status. Gemini's answers with 200: see the blocked prompt in `finish.test.ts`. */
const refusals = {
  openai: { status: 400, json: openai },
  compatible: { status: 400, json: openai },
  responses: { status: 400, json: openai },
  anthropic: {
    status: 400,
    json: { type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_1' },
  },
  bedrock: { status: 400, json: { message } },
  cohere: { status: 498, json: { message } },
} as const satisfies Record<string, { status: number; json: Wire }>

const names = Object.keys(refusals) as (keyof typeof refusals)[]

describe.each([false, true])('a prompt that a filter refuses, streaming: %s', (stream) => {
  test.each(names.flatMap((provider) => cellsOf([provider]).map((cell) => ({ ...cell, provider }))))(
    "is the caller's to change, in the provider's words: $route from $provider",
    async (cell) => {
      const { answer } = await world.call(cell, { stream }, refusals[cell.provider])
      expect(answer.status).toBe(400)
      expect(answer.headers['x-gateway-error-code']).toBe('content_blocked')
      const read = routeOf(cell).readError(answer.json)
      expect(read.message).toContain(message)
      expect(read.type).toBe('invalid_request_error')
    },
  )
})

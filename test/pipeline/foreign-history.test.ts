/** A conversation that another dialect's answers are part of, sent to a provider of the caller's own dialect. */
import { expect, test } from 'vitest'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { post, startGateway } from '../support/gateway.ts'
import { anthropicMessage, chatCompletion } from '../support/provider-answers.ts'
import { startUpstream } from '../support/upstream.ts'

const signature = { dialect: 'gemini', value: 'Z2VtaW5p' } as const
const answered = {
  id: 'a1',
  model: 'gemini-3-pro',
  choices: [
    {
      index: 0,
      content: [
        { type: 'thinking' as const, text: 'Hm.', signature },
        { type: 'text' as const, text: 'Four.' },
      ],
      finish: { unified: 'stop' as const, raw: 'STOP' },
    },
  ],
}

const question = { role: 'user', content: 'And five?' }

test.each([
  {
    route: '/v1/messages',
    type: 'anthropic',
    json: anthropicMessage(),
    body: {
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'Two and two?' },
        { role: 'assistant', content: anthropicMessages.encodeResponse(answered, 0).content },
        question,
      ],
    },
  },
  {
    route: '/v1/responses',
    type: 'openai',
    json: undefined,
    body: {
      input: [
        { role: 'user', content: 'Two and two?' },
        ...(openaiResponses.encodeResponse(answered, 0).output as object[]),
        question,
      ],
    },
  },
  {
    route: '/v1/chat/completions',
    type: 'openai',
    json: chatCompletion(),
    body: {
      messages: [
        { role: 'user', content: 'Two and two?' },
        {
          role: 'assistant',
          content: 'Four.',
          reasoning_content: 'Hm.',
          thinking_blocks: [
            { type: 'thinking', thinking: 'Hm.', signature: signature.value, dialect: 'gemini' },
          ],
        },
        question,
      ],
    },
  },
])('$route: what $type cannot read is left out, and said so', async ({ route, type, json, body }) => {
  const upstream = await startUpstream(json === undefined ? { status: 500, json: {} } : { json })
  const base_url = type === 'openai' ? `${upstream.url}/v1` : upstream.url
  const { url } = await startGateway({
    config: { providers: { it: { type, base_url, api_key: 'k', models: ['m'], max_retries: 0 } } },
  })
  const answer = await post(`${url}${route}`, { model: 'm', ...body })
  const sent = upstream.requests[0]!.body.toString()
  expect(sent).toContain('Four.')
  expect(sent).toContain('And five?')
  expect(sent).not.toContain(signature.value)
  expect(sent).not.toContain('gateway-reasoning')
  expect(sent).not.toContain('thinking_blocks')
  if (json !== undefined) expect(answer.headers['x-gateway-dropped']).toMatch(/thinking|reasoning/)
})

test('a prompt that speaks of such things is relayed as it came', async () => {
  const upstream = await startUpstream({ json: chatCompletion() })
  const { url } = await startGateway({
    config: { providers: { openai: { base_url: `${upstream.url}/v1`, api_key: 'k', models: ['m'] } } },
  })
  const content = 'What are "thinking_blocks", "extra_content" and "gateway-reasoning."?'
  const body = { model: 'm', foo: 1, messages: [{ role: 'user', content }] }
  const answer = await post(`${url}/v1/chat/completions`, body)
  expect(answer.headers['x-gateway-dropped']).toBeUndefined()
  expect(upstream.requests[0]!.json).toEqual(body)
})

test('tokens are counted without what another dialect signed', async () => {
  const upstream = await startUpstream({ json: { input_tokens: 12 } })
  const { url } = await startGateway({
    config: { providers: { anthropic: { base_url: upstream.url, api_key: 'k', models: ['m'] } } },
  })
  const { content } = anthropicMessages.encodeResponse(answered, 0)
  const messages = [{ role: 'user', content: 'Zwei ü?' }, { role: 'assistant', content }, question]
  const answer = await post(`${url}/v1/messages/count_tokens`, { model: 'm', foo: 1, messages })
  expect([answer.status, answer.json]).toEqual([200, { input_tokens: 12 }])
  expect(answer.headers['x-gateway-dropped']).toBe('thinking')
  expect(upstream.requests[0]!.json).toEqual({
    ...{ model: 'm', foo: 1 },
    messages: [messages[0], { role: 'assistant', content: [{ type: 'text', text: 'Four.' }] }, question],
  })
})

/** What the first target can take in no form, the next one may. */
import { expect, test } from 'vitest'
import { post, startGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const response = {
  ...{ id: 'resp_1', object: 'response', created_at: 1, model: 'm', status: 'completed', error: null },
  output: [
    {
      ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
      content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
    },
  ],
}
const stateful = { model: 'm', input: 'Go on.', previous_response_id: 'resp_0' }

async function start(providers: readonly ('anthropic' | 'openai')[]) {
  const upstream = await startUpstream({ json: response })
  const entry = (type: string) => ({
    ...{ type, api_key: 'k', models: ['m'] },
    base_url: type === 'openai' ? `${upstream.url}/v1` : upstream.url,
  })
  const config = { providers: Object.fromEntries(providers.map((type) => [type, entry(type)])) }
  return { upstream, gateway: await startGateway({ config }) }
}

test.each([undefined, 'true'])(
  'a stateful call goes to the provider that keeps state (strict: %s)',
  async (strict) => {
    const { upstream, gateway } = await start(['anthropic', 'openai'])
    const headers: Record<string, string> = strict === undefined ? {} : { 'x-gateway-strict': strict }
    const answer = await post(`${gateway.url}/v1/responses`, stateful, { headers })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'x-gateway-provider': 'openai', 'x-gateway-attempts': '1' })
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/responses'])
    expect(upstream.requests[0]!.json).toEqual(stateful)
  },
)

test('and is refused, before anybody is asked, where there is none', async () => {
  const { upstream, gateway } = await start(['anthropic'])
  const answer = await post(`${gateway.url}/v1/responses`, stateful)
  expect(answer.status).toBe(400)
  expect(answer.json).toMatchObject({
    error: { code: 'unsupported_parameter', param: 'previous_response_id' },
  })
  expect(upstream.requests).toHaveLength(0)
})

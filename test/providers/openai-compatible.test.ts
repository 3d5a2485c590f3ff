import { describe, expect, test } from 'vitest'
import { loadFixture } from '../support/fixtures.ts'
import { get, openStream, post, startGateway } from '../support/gateway.ts'
import { chatCompletion, chatStream, startUpstream } from '../support/upstream.ts'

const hello = { max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }

describe('a provider that speaks OpenAI’s API needs a configuration entry, and nothing else', () => {
  const embedding = loadFixture('azure/embeddings-azure-embeddings')

  async function startAcme() {
    const upstream = await startUpstream((_request, _response, { path, json }) => {
      if (path === '/api/v2/embeddings') return { fixture: embedding }
      if (path !== '/api/v2/chat/completions') return { status: 404, json: {} }
      return json?.stream === true ? { sse: chatStream('Hel', 'lo') } : { json: chatCompletion('Hello') }
    })
    const gateway = await startGateway({
      config: `
server: { port: 0 }
providers:
  acme:
    type: openai_compatible
    base_url: ${upstream.url}/api/v2
    api_key: \${ACME_KEY}
    models: [acme-large, acme-embed]
    headers: { X-Team: research }
`,
      env: { ACME_KEY: 'acme-key' },
    })
    return { upstream, gateway }
  }

  test('chat, streams, embeddings and the list of models, on both routes', async () => {
    const { upstream, gateway } = await startAcme()
    const body = { model: 'acme-large', ...hello }
    const chat = await post(`${gateway.url}/v1/chat/completions`, body)
    expect(chat.json).toEqual(chatCompletion('Hello'))
    const streamed = await openStream(`${gateway.url}/v1/chat/completions`, {
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(await streamed.text()).toBe(chatStream('Hel', 'lo').join(''))
    const message = await post(`${gateway.url}/v1/messages`, body)
    expect(message.json.content).toEqual([{ type: 'text', text: 'Hello' }])
    const events = await openStream(`${gateway.url}/v1/messages`, { ...body, stream: true })
    expect(await events.text()).toContain('"text":"Hel"')
    const embedded = await post(`${gateway.url}/v1/embeddings`, { model: 'acme/acme-embed', input: 'Hi' })
    expect(embedded.json).toEqual(embedding.response.body)
    const models = await get(`${gateway.url}/v1/models`)
    expect(models.json.data.map(({ id }: { id: string }) => id)).toContain('acme-large')

    for (const { headers } of upstream.requests) {
      expect(headers).toMatchObject({ authorization: 'Bearer acme-key', 'x-team': 'research' })
    }
    expect(upstream.requests.map(({ json }) => json!.model)).toEqual([
      ...['acme-large', 'acme-large', 'acme-large', 'acme-large', 'acme-embed'],
    ])
  })
})

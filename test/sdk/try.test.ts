import { test } from 'vitest'
import { spawnGateway, startGateway } from '../support/gateway.ts'
test.each(['in', 'out'])('%s', async (where) => {
  const config = { providers: { mock: {} } }
  const g = where === 'out' ? await spawnGateway({ config }) : await startGateway({ config })
  const post = (body: object) => fetch(g.url + '/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], ...body }) })
  let failed = 0
  const words = new Set()
  for (let i = 0; i < 2000; i++) {
    const r = await post({ model: 'mock-cut', stream: true })
    await r.text()
    try { await (await post({ model: 'mock-gpt' })).text() } catch (e) { failed++; words.add(String(e) + String((e as Error).cause)) }
  }
  console.log(where, { failed }, words)
}, 100000)

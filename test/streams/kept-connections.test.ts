import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { closeAfterTest } from '../support/after-test.ts'
import { post, startGateway } from '../support/gateway.ts'
import { chatCompletion } from '../support/upstream.ts'
import { bodyOf, pairs } from './dialect-pairs.ts'

const openai = pairs[0]!

interface Provider {
  url: string
  server: Server
  /** Connections ever opened. */
  opened(): number
  requests(): number
}

/** A provider of which the test decides when it closes. */
async function startProvider(
  answer: (response: ServerResponse, socket: Socket, isFirst: boolean) => void,
): Promise<Provider> {
  let requests = 0
  let opened = 0
  const used = new WeakSet<Socket>()
  const server = createServer((request, response) => {
    requests++
    const { socket } = request
    const isFirst = !used.has(socket)
    used.add(socket)
    request.resume().on('end', () => answer(response, socket, isFirst))
  })
  server.on('connection', () => opened++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeAfterTest(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, server, opened: () => opened, requests: () => requests }
}

const answerJson = (response: ServerResponse): void => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(chatCompletion('hello')))
}

async function startCalling(url: string, retry: Record<string, number> = {}) {
  const gateway = await startGateway({
    config: {
      providers: { openai: { api_key: 'sk-openai', base_url: url } },
      resilience: { retry: { initial_delay_ms: 1, ...retry } },
    },
  })
  return async (): Promise<number> =>
    (await post(gateway.url + openai.path, bodyOf(openai, 'hello', false))).status
}

test('a provider that closes idle connections between calls is called again without an error', async () => {
  const provider = await startProvider(answerJson)
  // Not one retry is allowed: none may be needed.
  const call = await startCalling(provider.url, { max_attempts: 1 })
  for (let round = 0; round < 30; round++) {
    expect(await call()).toBe(200)
    provider.server.closeIdleConnections()
  }
  expect(provider.opened()).toBe(30)
})

test('a provider that keeps connections for a moment only is called again without an error', async () => {
  const provider = await startProvider(answerJson)
  provider.server.keepAliveTimeout = 5
  const call = await startCalling(provider.url, { max_attempts: 1 })
  for (let round = 0; round < 30; round++) {
    expect(await call()).toBe(200)
    await delay(round)
  }
})

test('a connection that the provider closes in the very moment of the next call costs the caller nothing', async () => {
  const provider = await startProvider((response, socket, isFirst) => {
    if (isFirst) answerJson(response)
    else socket.resetAndDestroy()
  })
  const call = await startCalling(provider.url)
  for (let round = 0; round < 20; round++) expect(await call()).toBe(200)
})

test('many connections that died together cost the callers nothing', async () => {
  const provider = await startProvider((response, socket, isFirst) => {
    if (isFirst) setTimeout(() => answerJson(response), 20)
    else socket.destroy()
  })
  const call = await startCalling(provider.url)
  for (let round = 0; round < 3; round++) {
    const statuses = await Promise.all(Array.from({ length: 20 }, call))
    expect(statuses).toEqual(statuses.map(() => 200))
  }
})

test('a provider that asks for the connection to be closed gets a new one', async () => {
  const provider = await startProvider((response) => {
    response.setHeader('connection', 'close')
    answerJson(response)
  })
  const call = await startCalling(provider.url, { max_attempts: 1 })
  for (let round = 0; round < 10; round++) expect(await call()).toBe(200)
  expect(provider.opened()).toBe(10)
})

test('connections are kept where the provider keeps them', async () => {
  const provider = await startProvider(answerJson)
  const call = await startCalling(provider.url)
  for (let round = 0; round < 10; round++) expect(await call()).toBe(200)
  expect(provider.opened()).toBe(1)
  expect(provider.requests()).toBe(10)
})

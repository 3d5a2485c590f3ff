import { expect, test } from 'vitest'
import { get, openStream, post, runToEnd, spawnGateway, startGateway } from './gateway.ts'
import { chatCompletion, startUpstream } from './upstream.ts'

const hello = { model: 'mock-gpt', messages: [{ role: 'user', content: 'hello' }] }
const config = { providers: { mock: { enabled: true, models: ['mock-gpt'] } } }

test('the gateway in this process answers from the mock and writes its log for the test', async () => {
  const gateway = await startGateway({ config })
  const answer = await post(`${gateway.url}/v1/chat/completions`, hello)
  expect(answer).toMatchObject({ status: 200, json: { object: 'chat.completion', model: 'mock-gpt' } })
  const stream = await openStream(`${gateway.url}/v1/chat/completions`, { ...hello, stream: true })
  const data = []
  for await (const event of stream.events()) data.push(event.data)
  expect(data.at(-1)).toBe('[DONE]')
  await gateway.close()
  expect(gateway.logs()).toContainEqual(
    expect.objectContaining({ message: 'listening', address: gateway.url }),
  )
})

test('the gateway in this process reaches a real upstream', async () => {
  const upstream = await startUpstream({ json: chatCompletion('from afar') })
  const openai = { type: 'openai', base_url: upstream.url, api_key: 'sk-upstream-key' }
  const gateway = await startGateway({ config: { providers: { openai } } })
  const answer = await post(`${gateway.url}/v1/chat/completions`, { ...hello, model: 'openai/gpt-4o-mini' })
  expect(answer.json).toMatchObject({ choices: [{ message: { content: 'from afar' } }] })
  expect(upstream.requests[0]!.headers.authorization).toBe('Bearer sk-upstream-key')
})

test('the gateway as a process of its own starts with a file, logs, and stops on a signal', async () => {
  const gateway = await spawnGateway({ config })
  expect(await get(`${gateway.url}/health`)).toMatchObject({ status: 200 })
  expect(await gateway.sawLog((line) => line.message === 'listening')).toMatchObject({ address: gateway.url })
  const missing = gateway.sawLog((line) => line.message === 'never said')
  expect(await gateway.stop()).toBe(0)
  await expect(missing).rejects.toThrow('ended before')
  await expect(get(`${gateway.url}/health`)).rejects.toThrow('ECONNREFUSED')
})

test('the gateway as a process of its own starts without a file', async () => {
  const gateway = await spawnGateway()
  expect(await post(`${gateway.url}/v1/chat/completions`, hello)).toMatchObject({ status: 200 })
})

test('a gateway that does not start is an error with what it said', async () => {
  await expect(spawnGateway({ config: 'providers: [' })).rejects.toThrow(/exit code 2[^]*config\.yaml/)
})

test('a command runs to its end', async () => {
  const { code, stdout } = await runToEnd(['--version'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

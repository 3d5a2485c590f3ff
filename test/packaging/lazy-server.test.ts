import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildBundle, packageOf, type Bundle } from './bundle.ts'
import { removeProject, run } from './project.ts'

/** Writes the address of each module that is loaded to the file `LOADED`. */
const loadedModules = `
  import { registerHooks } from 'node:module'
  import { appendFileSync } from 'node:fs'
  registerHooks({
    load(url, context, nextLoad) {
      appendFileSync(process.env.LOADED, url + '\\n')
      return nextLoad(url, context)
    },
  })`

/** Answers as a gateway does, as far as the command line asks. */
const gateway = createServer((request, response) => {
  request.resume()
  const delta = { choices: [{ index: 0, delta: { content: 'hello' }, finish_reason: 'stop' }] }
  if (request.method === 'POST')
    response
      .setHeader('content-type', 'text/event-stream')
      .end(`data: ${JSON.stringify(delta)}\n\ndata: [DONE]\n\n`)
  else
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ status: 'ok', data: [{ id: 'mock-gpt', object: 'model', owned_by: 'mock' }] }))
})

let built: Bundle

beforeAll(async () => {
  built = await buildBundle({
    'loaded-modules.js': loadedModules,
    'small.yaml': 'server: { port: 8080 }\n',
  })
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
})

afterAll(async () => {
  gateway.close()
  await removeProject(built)
})

describe('a command that does not serve', () => {
  /** Runs a command and gives what it loaded: packages and files of ours from inside `dist/`, and packages beside. */
  async function loadedBy(args: string[]) {
    const { port } = gateway.address() as AddressInfo
    const list = path.join(built.directory, `loaded-by-${args[0]}`)
    await rm(list, { force: true })
    const env = { LLM_GATEWAY_URL: `http://127.0.0.1:${port}`, SERVER_PORT: String(port), LOADED: list }
    const command = ['--import', './loaded-modules.js', 'bin/llm-gateway.js', ...args]
    const finished = await run(process.execPath, command, { cwd: built.directory, env })
    const urls = (await readFile(list, 'utf8')).split('\n')
    const inDist = urls.filter((url) => url.startsWith(`${pathToFileURL(built.dist).href}/`))
    const sources = (await Promise.all(inDist.map((url) => built.sourcesOf(path.basename(url))))).flat()
    return {
      finished,
      packages: new Set(sources.map(packageOf)),
      ours: new Set(sources.filter((source) => source.startsWith('../src/'))),
      beside: urls.filter((url) => url.includes('/node_modules/')),
    }
  }

  test.each([
    ['info'],
    ['info --detailed'],
    ['models'],
    ['models --capabilities'],
    ['health'],
    ['chat hello --stream'],
    ['validate small.yaml'],
    ['config show'],
    ['config generate'],
    ['completions bash'],
    ['--help'],
    ['--version'],
  ])('%s: never reads the server', async (command) => {
    const { finished, packages, ours, beside } = await loadedBy(command.split(' '))
    expect(finished, finished.stderr).toMatchObject({ code: 0 })
    for (const name of ['fastify', 'undici', 'prom-client', 'ajv']) expect(packages).not.toContain(name)
    for (const name of ['app.ts', 'gateway.ts', 'main.ts']) expect(ours).not.toContain(`../src/${name}`)
    expect(beside).toEqual([])
  })

  test('differs in this from the one that does', async () => {
    const { finished, packages, ours, beside } = await loadedBy(['start'])
    // The port is taken, which it finds out when all is loaded.
    expect(finished, finished.stderr).toMatchObject({ code: 1 })
    expect(finished.stderr).toMatch(/\bport\b/)
    for (const name of ['fastify', 'undici']) expect(packages).toContain(name)
    expect(ours).toContain('../src/app.ts')
    expect(beside).toContainEqual(expect.stringContaining('/node_modules/pino/'))
  })
})

/** README.md as a new user follows it: every block in turn, as written, against the gateway that it started. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/client.ts'
import { full } from '../support/full.ts'
import { chatCompletion, startUpstream, type Handler, type Upstream } from '../support/upstream.ts'
import { commandsOf, looksAsShown, readMarkdown, type Block } from './markdown.ts'
import { NewUser, type Finished } from './new-user.ts'
import { notRunHere } from './not-run.ts'
import { pythonCall } from './python-call.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const { blocks, inline } = readMarkdown(readme)
const timeout = full ? 900_000 : 120_000
const mockGreeting = "I am the gateway's built-in mock"
const providerGreeting = 'Hello from the provider.'
/** What the README's own words for a provider's key are sent to, instead of the provider. */
const providerVariables = [
  'LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL',
  'LLM_GATEWAY_PROVIDERS_ANTHROPIC_BASE_URL',
  'LLM_GATEWAY_PROVIDERS_GEMINI_BASE_URL',
]

/** The providers in one, each by its own paths. */
const playProviders: Handler = (_request, _response, { path: asked }) => {
  if (asked.endsWith(':generateContent')) return { json: generated }
  if (asked.endsWith('/responses')) return { json: responded }
  return { json: chatCompletion(providerGreeting) }
}

const generated = {
  candidates: [{ content: { role: 'model', parts: [{ text: providerGreeting }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 4, totalTokenCount: 5 },
}

const responded = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-4o-mini',
  error: null,
  output: [
    {
      ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
      content: [{ type: 'output_text', text: providerGreeting, annotations: [] }],
    },
  ],
  usage: { input_tokens: 1, output_tokens: 4, total_tokens: 5 },
}

let user: NewUser
let provider: Upstream
/** What the block before has written, for the block that shows it. */
let written = ''

beforeAll(async () => {
  user = new NewUser()
  provider = await startUpstream(playProviders)
}, timeout)
afterAll(async () => {
  await user.leave()
  await provider.close()
})

const run = {
  sh: {
    promise: 'runs',
    async block({ text }: Block) {
      const commands = commandsOf(text).filter(
        (command) => !notRunHere.some((entry) => entry.command === command),
      )
      // Without TEST_FULL the packages are already there, and the lock file is checked by itself.
      const script = commands.join('\n').replace(/^npm ci && /, full ? '$&' : '')
      if (/npm start\b.*$/.test(script))
        written = (await user.startGateway(script, withProvider(script))).output()
      else if (script !== '') written = done(await user.run(script)).stdout
    },
  },
  text: {
    promise: 'is what the block before it writes',
    block({ text }: Block) {
      expect(looksAsShown(written, user.onOwnPorts(text)), `shown:\n${text}\nwritten:\n${written}`).toBe(true)
    },
  },
  ts: {
    promise: 'runs under Node 24 and prints an answer',
    async block({ text }: Block) {
      user.write('example.ts', user.onOwnPorts(text))
      written = done(await user.run('npx node example.ts')).stdout
      expect(written).toContain(mockGreeting)
    },
  },
  python: {
    promise:
      'is Python where there is one, and its call is answered over plain HTTP (the package cannot be installed here)',
    async block({ text }: Block) {
      user.write('example.py', text)
      const { code } = await user.run('python3 --version')
      if (code === 0) done(await user.run('python3 -m py_compile example.py'))
      const { url, headers, body } = pythonCall(`${text}\n`)
      const answer = await post(user.onOwnPorts(url), body, { headers })
      expect(answer.status).toBe(200)
      expect(answer.text).toContain(mockGreeting)
      written = answer.text
    },
  },
  yaml: {
    promise: 'names its file, and is a valid configuration',
    async block({ text }: Block) {
      const [, file = ''] = /^# (\S+\.yaml)\n/.exec(text) ?? []
      expect(file).not.toBe('')
      user.write(file, user.onOwnPorts(text))
      const asked = [...text.matchAll(/\$\{(\w+)\}|\b([A-Z]+_API_KEY)\b/g)].map(
        ([, one, other]) => one ?? other,
      )
      const env = Object.fromEntries(asked.map((name) => [name, 'word']))
      done(await user.run(`npm run --silent cli -- validate ${file} --strict`, { env }))
    },
  },
} as const satisfies Record<string, { promise: string; block: (block: Block) => Promise<void> | void }>

const isKnown = (language: string): language is keyof typeof run => Object.hasOwn(run, language)

function done(finished: Finished): Finished {
  expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 0 })
  return finished
}

/** Where a script sets providers' keys, they lead to the server that plays the providers. */
function withProvider(script: string): { env: Record<string, string> } {
  const meant = providerVariables.filter((name) => script.includes(`${name.split('_')[3]}_API_KEY=`))
  return { env: Object.fromEntries(meant.map((name) => [name, provider.url])) }
}

const firstLine = ({ text }: Block) => text.split('\n', 1)[0]?.slice(0, 60)

describe('README.md', () => {
  test('has no block that is neither run nor compared', () => {
    expect(blocks.length).toBeGreaterThan(10)
    expect(blocks.filter(({ language }) => !isKnown(language))).toEqual([])
  })

  test('has a lock file that fits its packages, so that npm ci will install them', async () => {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      done(await user.run(`mkdir -p locked && cp ${file} locked/${file}`))
    done(await user.run('cd locked && npm ci --dry-run --ignore-scripts'))
  }, 120_000)

  for (const block of blocks) {
    if (!isKnown(block.language)) continue
    const { promise, block: check } = run[block.language]
    test(
      `line ${block.line}, ${block.language}: ${firstLine(block)} — ${promise}`,
      () => check(block),
      timeout,
    )
  }

  test('the calls with keys of a provider reached it, with the key', () => {
    // `models` asks providers for their lists besides.
    const posted = provider.requests.filter(({ method }) => method === 'POST')
    const calls = posted.map(({ path: asked, headers }) => [
      asked,
      headers.authorization ?? headers['x-goog-api-key'],
    ])
    expect(calls).toEqual([
      ['/v1/chat/completions', 'Bearer sk-...'],
      ['/v1beta/models/gemini-2.5-flash:generateContent', 'AIza...'],
      ['/v1/responses', 'Bearer sk-...'],
      ['/v1beta/models/gemini-2.5-flash:generateContent', 'AIza...'],
      ['/v1/chat/completions', 'Bearer sk-...'],
    ])
  })

  test.each(notRunHere)(
    '$command is not run here, because $because; it is there',
    async ({ command, check }) => {
      expect(blocks.flatMap(({ text }) => commandsOf(text))).toContain(command)
      await check(user)
    },
    60_000,
  )

  test('node bin/llm-gateway.js start -c config.yaml stops at SIGTERM by itself', async () => {
    const gateway = await user.startProgram('node', ['bin/llm-gateway.js', 'start', '-c', 'config.yaml'], {
      path: path.join(user.folder, 'node_modules/.bin'),
      env: { MY_APP_KEY: 'my-secret' },
    })
    const { code, stdout } = await gateway.terminate()
    expect(code).toBe(0)
    expect(stdout).toContain('"message":"stopped"')
  }, 60_000)

  test('names no command in its text that is not run by one of these', () => {
    const ownTests = ['npx node example.ts', 'node bin/llm-gateway.js start -c config.yaml']
    const commands = inline.filter((code) => /^(npm|npx|node|curl|docker|git|\.ci\/run)\b.*/.test(code))
    expect(commands).toEqual(expect.arrayContaining(ownTests))
    for (const command of commands.filter((code) => !ownTests.includes(code)))
      expect(
        blocks.some(({ text }) => text.includes(command)),
        command,
      ).toBe(true)
  })
})

describe('the reading of the README', () => {
  test('keeps blocks with their language and line, and code in the text', () => {
    const read = readMarkdown('a `b\n  c`\n```sh\nx\ny\n```\n```\nz\n```\n')
    expect(read.blocks).toEqual([
      { line: 3, language: 'sh', text: 'x\ny' },
      { line: 7, language: '', text: 'z' },
    ])
    expect(read.inline).toEqual(['b c'])
    expect(() => readMarkdown('```sh\nx')).toThrow('line 1')
  })

  test('joins continued lines and leaves out comments', () => {
    expect(commandsOf('# all\na \\\n  -b  # why\n\nc')).toEqual(['a -b', 'c'])
  })

  test('takes … for anything, and nothing else', () => {
    expect(looksAsShown('{ "a": 1,\n "b": 2 }', '{"a":…,"b":2}')).toBe(true)
    expect(looksAsShown('{"a":1,"b":2}', '{"b":2,…"a"')).toBe(false)
  })

  test('finds the request of a Python example', () => {
    const call = pythonCall(
      'client = X(base_url="http://h/v1", api_key="k")\nx = client.chat.completions.create(\n' +
        '    model="m",\n    stream=True,\n    messages=[{"role": "user", "content": "a=b"}],\n)\n',
    )
    expect(call.url).toBe('http://h/v1/chat/completions')
    expect(call.body).toEqual({ model: 'm', stream: true, messages: [{ role: 'user', content: 'a=b' }] })
    expect(() => pythonCall('print(1)\n')).toThrow('no call')
  })
})

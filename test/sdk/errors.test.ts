import { describe, expect, test } from 'vitest'
import { hello } from './conversation.ts'
import { raisedBy, type Raised } from './raised.ts'
import {
  callerNames,
  callers,
  key,
  narrowKey,
  played,
  playedNames,
  useWorld,
  waysOf,
  type CallerName,
  type PlayedProvider,
} from './world.ts'
import { anthropicError, openaiError, type ScriptedAnswer } from '../support/upstream.ts'

const world = useWorld({ security: { validation: { max_request_size_bytes: 65_536 } } })

interface Expected {
  status: number
  /** The class by the name that both official packages give it; a pair where they differ. */
  kind: string | { openai: string; anthropic: string }
  code: string
  anthropicType: string
  says: RegExp
}

const isAnthropic = (caller: CallerName) => caller.includes('anthropic')

function expectRaised(caller: CallerName, raised: Raised, expected: Expected): void {
  const { status, kind, code, anthropicType, says } = expected
  expect(raised.status).toBe(status)
  expect(raised.message).toMatch(says)
  expect(raised.headers['x-gateway-error-code']).toBe(code)
  expect(raised.requestId).toMatch(/^[\w-]{10,}$/)
  if (isAnthropic(caller)) expect(raised.type).toBe(anthropicType)
  if (caller.startsWith('ai ')) return
  const names = typeof kind === 'string' ? { openai: kind, anthropic: kind } : kind
  expect(raised.kind).toBe(isAnthropic(caller) ? names.anthropic : names.openai)
}

/** The same failure as each provider words it. */
const failing =
  (
    status: number,
    message: string,
    anthropicType: string,
    headers: Record<string, string> = {},
    code?: string,
  ) =>
  (provider: PlayedProvider): ScriptedAnswer => ({
    status,
    headers,
    json:
      provider === 'anthropic'
        ? anthropicError(message, anthropicType)
        : provider === 'mistral'
          ? { object: 'error', message, type: 'invalid_request_error', param: null, code: code ?? null }
          : openaiError(message, 'invalid_request_error', code),
  })

const badRequest: Expected = {
  status: 400,
  kind: 'BadRequestError',
  code: 'invalid_request',
  anthropicType: 'invalid_request_error',
  says: /top_k is too large/,
}
const providerFailed: Expected = {
  status: 502,
  kind: 'InternalServerError',
  code: 'upstream_error',
  anthropicType: 'api_error',
  says: /provider failed/,
}
const overloaded: Expected = {
  status: 503,
  kind: { openai: 'InternalServerError', anthropic: 'ServiceUnavailableError' },
  code: 'overloaded',
  anthropicType: 'overloaded_error',
  says: /overloaded/,
}

const providerFailures: [name: string, (provider: PlayedProvider) => ScriptedAnswer, Expected][] = [
  ['400', failing(400, 'top_k is too large', 'invalid_request_error'), badRequest],
  ['422', failing(422, 'top_k is too large', 'invalid_request_error'), badRequest],
  [
    '400 for its context',
    failing(400, 'prompt is too long: 9001 tokens', 'invalid_request_error', {}, 'context_length_exceeded'),
    { ...badRequest, code: 'context_length_exceeded', says: /9001/ },
  ],
  ['401', failing(401, 'bad key sk-upstream', 'authentication_error'), providerFailed],
  ['403', failing(403, 'not from here', 'permission_error'), providerFailed],
  [
    '404',
    failing(404, 'this model is gone', 'not_found_error', {}, 'model_not_found'),
    {
      status: 404,
      kind: 'NotFoundError',
      code: 'model_not_found',
      anthropicType: 'not_found_error',
      says: /is gone/,
    },
  ],
  [
    '429',
    failing(429, 'slow down', 'rate_limit_error', { 'retry-after': '7' }),
    {
      status: 429,
      kind: 'RateLimitError',
      code: 'rate_limit_exceeded',
      anthropicType: 'rate_limit_error',
      says: /rate/,
    },
  ],
  ['500', failing(500, 'trouble at 10.0.0.7', 'api_error'), providerFailed],
  [
    '502',
    () => ({ status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } }),
    providerFailed,
  ],
  ['503', failing(503, 'busy', 'overloaded_error'), overloaded],
  ['529', failing(529, 'busy', 'overloaded_error'), overloaded],
  ['a reset connection', () => ({ resets: true }), providerFailed],
]

describe.each(callerNames)('%s', (name) => {
  const connect = (apiKey = key) => callers[name]({ ...world.address, key: apiKey })
  const [way] = waysOf(name) as [string]

  describe.each(playedNames)('when %s fails', (provider) => {
    test.each(providerFailures)(
      '%s raises the typed error, whole and as a stream',
      async (_name, script, expected) => {
        world.on(provider, script(provider))
        const whole = await raisedBy(name, connect().ask(played[provider].model, hello()))
        const streamed = await raisedBy(name, connect().streams[way]!(played[provider].model, hello()))
        for (const raised of [whole, streamed]) {
          expectRaised(name, raised, expected)
          expect(raised.message).not.toMatch(/sk-upstream|10\.0\.0\.7/)
          if (expected.status === 429) expect(raised.headers['retry-after']).toBe('7')
        }
        expect(world.upstreams[provider].requests).toHaveLength(2)
      },
    )
  })

  const own: [string, () => Promise<unknown>, Expected][] = [
    [
      'a wrong key',
      () => connect('not-a-key').ask('mock-gpt', hello()),
      {
        status: 401,
        kind: 'AuthenticationError',
        code: 'invalid_api_key',
        anthropicType: 'authentication_error',
        says: /key/,
      },
    ],
    [
      'a model that the key may not use',
      () => connect(narrowKey).ask('gpt-4o-mini', hello()),
      {
        status: 403,
        kind: 'PermissionDeniedError',
        code: 'model_not_allowed',
        anthropicType: 'permission_error',
        says: /may not use/,
      },
    ],
    [
      'a model that nobody has',
      () => connect().ask('nobody-has-this', hello()),
      {
        status: 404,
        kind: 'NotFoundError',
        code: 'model_not_found',
        anthropicType: 'not_found_error',
        says: /nobody-has-this/,
      },
    ],
    [
      'a body that is too large',
      () => connect().ask('mock-gpt', hello('a'.repeat(70_000))),
      {
        status: 413,
        kind: { openai: 'APIError', anthropic: 'ContentTooLargeError' },
        code: 'request_too_large',
        anthropicType: 'request_too_large',
        says: /too large/,
      },
    ],
    ['an empty name for the model', () => connect().ask('', hello()), { ...badRequest, says: /"model\\?"/ }],
    [
      'the mock, asked to fail with 429',
      () => connect().ask('mock-error-429', hello()),
      {
        status: 429,
        kind: 'RateLimitError',
        code: 'rate_limit_exceeded',
        anthropicType: 'rate_limit_error',
        says: /rate/,
      },
    ],
    ['the mock, asked to fail with 503', () => connect().ask('mock-error-503', hello()), overloaded],
  ]

  test.each(own)('%s raises the typed error', async (_name, call, expected) => {
    expectRaised(name, await raisedBy(name, call()), expected)
    for (const provider of playedNames) expect(world.upstreams[provider].requests).toEqual([])
  })
})

import { type AnyJson, type CallOptions, get, openStream, post, startGateway } from '../support/gateway.ts'
import { anthropicMessage, chatCompletion, startUpstream, type Script } from '../support/upstream.ts'

export const messages = [{ role: 'user', content: 'Hello' }]
export const hello = { model: 'gpt-4o', messages }
export const helloClaude = { model: 'claude-sonnet-4-5', max_tokens: 16, messages }

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/** Answers as OpenAI or as Anthropic does, by the path. */
export const goodAnswers: Script = ({ url }) => ({ json: answerFor(url ?? '') })

function answerFor(path: string): unknown {
  if (path.startsWith('/v1/messages')) return anthropicMessage()
  if (!path.startsWith('/v1/embeddings')) return chatCompletion()
  const data = [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }]
  return {
    object: 'list',
    data,
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 2, total_tokens: 2 },
  }
}

export interface PlayedOptions {
  /** Sections beside `providers`, which they replace where they name it too. */
  config?: Record<string, unknown>
  /** Fields added to the entry of the provider `openai`. */
  openai?: Record<string, unknown>
  env?: Record<string, string>
}

/** A gateway with the keys `app-key` and `admin-key`, and an OpenAI and an Anthropic provider played by one upstream. */
export async function playGateway(script: Script = goodAnswers, options: PlayedOptions = {}) {
  const upstream = await startUpstream(script)
  const gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key: 'app-key', tenant: 'acme' }], admin_keys: ['admin-key'] },
      resilience: { retry: { initial_delay_ms: 1 } },
      providers: {
        openai: { api_key: 'sk-openai', base_url: upstream.url, ...options.openai },
        anthropic: { api_key: 'sk-ant', base_url: upstream.url },
      },
      ...options.config,
    },
    ...(options.env && { env: options.env }),
  })
  const asApp = ({ headers, ...more }: CallOptions = {}): CallOptions => ({
    ...more,
    headers: { ...bearer('app-key'), ...headers },
  })
  return {
    upstream,
    gateway,
    /** `POST /v1/chat/completions` with the key of the application. */
    chat: (body: object = {}, headers: Record<string, string> = {}) =>
      post(`${gateway.url}/v1/chat/completions`, { ...hello, ...body }, asApp({ headers })),
    claude: (body: object = {}, headers: Record<string, string> = {}) =>
      post(`${gateway.url}/v1/messages`, { ...helloClaude, ...body }, asApp({ headers })),
    stream: (body: object = {}, headers: Record<string, string> = {}) =>
      openStream(
        `${gateway.url}/v1/chat/completions`,
        { ...hello, stream: true, ...body },
        asApp({ headers }),
      ),
    get: (path: string, headers: Record<string, string> = {}) => get(gateway.url + path, asApp({ headers })),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      post(gateway.url + path, body, asApp({ headers })),
  }
}

/** Asks again and again until the question says yes; throws what it last said after ten seconds. */
export async function until<T>(ask: () => Promise<T> | T, isIt: (answer: T) => boolean): Promise<T> {
  const endsAt = performance.now() + 10_000
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return answer
    if (performance.now() > endsAt) throw new Error(`It never came; the last was ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const ids = (list: AnyJson): string[] => list.data.map(({ id }: { id: string }) => id)

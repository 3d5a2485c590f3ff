import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { expect } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { startUpstream, type Script } from '../support/upstream.ts'

const key = 'app-key'
export const headers = { authorization: `Bearer ${key}` }

/** A gateway whose providers are all played by one upstream; only `backup` has one of its own. */
export async function startRelaying(
  script: Script,
  { more = {}, backup: backupScript }: { more?: Record<string, unknown>; backup?: Script } = {},
) {
  const upstream = await startUpstream(script)
  const backup = backupScript === undefined ? undefined : await startUpstream(backupScript)
  const provider = (api_key: string, models: string[], rest: Record<string, unknown> = {}) => ({
    api_key,
    base_url: upstream.url,
    models,
    ...rest,
  })
  const target = (name: string, model: string) => ({ provider: name, model })
  const gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key, tenant: 'acme' }, ...narrowKeys] },
      resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
      providers: {
        openai: { api_key: 'sk-openai', base_url: upstream.url },
        anthropic: { api_key: 'sk-ant', base_url: upstream.url },
        together: provider('sk-together', ['rerank-1', 'flux', 'together-voice']),
        vllm: { base_url: upstream.url, models: ['rerank-2', 'whisper-local'] },
        mistral: provider('sk-mistral', ['mistral-moderation-latest', 'voxtral-mini-latest']),
        any: provider('sk-any', ['any-1'], { type: 'openai_compatible' }),
        ...(backup && {
          backup: provider('sk-backup', ['backup-1'], { type: 'openai_compatible', base_url: backup.url }),
        }),
      },
      models: [
        { name: 'picture', targets: [target('openai', 'gpt-image-2')] },
        { name: 'counts', targets: [target('openai', 'gpt-4o'), target('anthropic', 'claude-haiku-4-5')] },
        ...(backup
          ? [{ name: 'sure', targets: [target('any', 'any-1'), target('backup', 'backup-1')] }]
          : []),
      ],
      ...more,
    },
  })
  return {
    upstream,
    backup,
    gateway,
    at: (path: string) => `${gateway.url}${path}`,
    openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: gateway.url, apiKey: key, maxRetries: 0 }),
  }
}

export const narrowHeaders = { authorization: 'Bearer narrow-key' }
const narrowKeys = [{ name: 'narrow', key: 'narrow-key', tenant: 'acme', allowed_models: ['gpt-image-*'] }]

/** The one line of the log for a route. */
export async function logLine(
  { gateway }: Awaited<ReturnType<typeof startRelaying>>,
  route: string,
): Promise<Record<string, unknown>> {
  const lines = () => gateway.logs().filter((line) => line.route === route)
  await expect.poll(() => lines().length, { timeout: 5_000 }).toBe(1)
  return lines()[0] as Record<string, unknown>
}

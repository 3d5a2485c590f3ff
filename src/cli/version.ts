import { readFileSync } from 'node:fs'

/** Put in by the build. */
declare const __LLM_GATEWAY_VERSION__: string | undefined

export function version(): string {
  if (typeof __LLM_GATEWAY_VERSION__ === 'string') return __LLM_GATEWAY_VERSION__
  const manifest = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

import { readFileSync } from 'node:fs'

declare const __LLM_GATEWAY_VERSION__: string | undefined

/** This package's version: put in by the build, read from package.json in a checkout. */
export const version: string =
  typeof __LLM_GATEWAY_VERSION__ === 'string' ? __LLM_GATEWAY_VERSION__ : fromPackage()

function fromPackage(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

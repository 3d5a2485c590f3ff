import { anthropic } from './anthropic.ts'
import { mistral } from './mistral.ts'
import { mock } from './mock/facts.ts'
import { ollama } from './ollama.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openai } from './openai.ts'
import type { ProviderFacts } from './provider.ts'
import { together } from './together.ts'
import { vllm } from './vllm.ts'

/** Every provider this gateway knows: one page and one line here for each. */
const pages = [openai, anthropic, mistral, together, vllm, ollama, openaiCompatible, mock]

export const providerFacts: ReadonlyMap<string, ProviderFacts> = new Map(
  pages.map((facts) => [facts.type, facts]),
)

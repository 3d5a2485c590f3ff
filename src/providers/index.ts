import { anthropic } from './anthropic.ts'
import { gemini } from './gemini.ts'
import { azureOpenai } from './azure-openai.ts'
import { bedrock } from './bedrock.ts'
import { cohere } from './cohere.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { groq } from './groq.ts'
import { mistral } from './mistral.ts'
import { mock } from './mock/facts.ts'
import { ollama } from './ollama.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import type { ProviderFacts } from './provider.ts'
import { together } from './together.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

/** Every provider this gateway knows: one page and one line here for each. */
const pages = [
  openai,
  anthropic,
  azureOpenai,
  gemini,
  vertex,
  bedrock,
  cohere,
  mistral,
  together,
  deepseek,
  groq,
  openrouter,
  fireworks,
  xai,
  perplexity,
  vllm,
  ollama,
  openaiCompatible,
  mock,
]

export const providerFacts: ReadonlyMap<string, ProviderFacts> = new Map(
  pages.map((facts) => [facts.type, facts]),
)

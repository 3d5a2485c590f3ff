import { anthropicWire } from './anthropic.ts'
import { bedrockWire } from './bedrock.ts'
import { cohereWire } from './cohere.ts'
import { geminiWire } from './gemini.ts'
import { mistralWire } from './mistral.ts'
import { ollamaWire } from './ollama.ts'
import { openaiChatWire } from './openai-chat.ts'
import type { ProviderWire } from './provider-wire.ts'
import { responsesWire } from './responses.ts'

/** One entry of each dialect that a provider may speak. */
export const providers = {
  openai: { ...openaiChatWire, entry: { type: 'openai' }, model: 'gpt-4o' },
  compatible: { ...openaiChatWire, entry: { type: 'openai_compatible' }, model: 'llama-3.3-70b' },
  responses: responsesWire,
  anthropic: anthropicWire,
  gemini: geminiWire,
  bedrock: bedrockWire,
  cohere: cohereWire,
  mistral: mistralWire,
  ollama: ollamaWire,
} satisfies Record<string, ProviderWire>

export type ProviderName = keyof typeof providers
export const providerNames = Object.keys(providers) as ProviderName[]

/** The dialects that docs/fidelity.md compares: one line for each. */
import type { ChatCallerDialect, ChatProviderDialect } from '../src/dialects/dialect.ts'
import { anthropicMessages } from '../src/dialects/anthropic-messages/index.ts'
import { bedrockConverse } from '../src/dialects/bedrock-converse/index.ts'
import { cohere } from '../src/dialects/cohere/index.ts'
import { gemini, vertexGemini } from '../src/dialects/gemini/index.ts'
import { ollamaChat } from '../src/dialects/ollama/index.ts'
import { mistralChat, openaiChat, openaiCompatibleChat } from '../src/dialects/openai-chat/index.ts'
import { openaiCompletions } from '../src/dialects/openai-completions/index.ts'
import { openaiResponses } from '../src/dialects/openai-responses/index.ts'

export interface RouteDialect {
  path: string
  dialect: Pick<ChatCallerDialect, 'name' | 'features'>
}

export interface TargetDialect {
  title: string
  dialect: Pick<ChatProviderDialect, 'name' | 'features'>
}

export const routes: readonly RouteDialect[] = [
  { path: '/v1/chat/completions', dialect: openaiChat },
  { path: '/v1/messages', dialect: anthropicMessages },
  { path: '/v1/completions', dialect: openaiCompletions },
  { path: '/v1/responses', dialect: openaiResponses },
]

export const targets: readonly TargetDialect[] = [
  { title: 'OpenAI chat', dialect: openaiChat },
  { title: 'OpenAI-like', dialect: openaiCompatibleChat },
  { title: 'Mistral', dialect: mistralChat },
  { title: 'OpenAI responses', dialect: openaiResponses },
  { title: 'OpenAI completions', dialect: openaiCompletions },
  { title: 'Anthropic', dialect: anthropicMessages },
  { title: 'Gemini', dialect: gemini },
  { title: 'Vertex', dialect: vertexGemini },
  { title: 'Bedrock', dialect: bedrockConverse },
  { title: 'Cohere', dialect: cohere },
  { title: 'Ollama', dialect: ollamaChat },
]

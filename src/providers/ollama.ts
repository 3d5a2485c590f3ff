import { ollamaChat, ollamaEmbeddings } from '../dialects/ollama/index.ts'
import { openaiCompatibleChat } from '../dialects/openai-chat/index.ts'
import { openaiShape, textCompletions } from './openai-shape.ts'
import { defineProvider, type PathContext } from './provider.ts'

/** Beside the OpenAI form, whose `/v1` a base URL may name already. */
const native =
  (name: string) =>
  ({ basePath }: PathContext): string =>
    `${basePath.replace(/\/v1$/, '')}/api/${name}`

/**
 * Source: docs.ollama.com/api and docs.ollama.com/api/openai-compatibility (checked 2026-11-21). Callers of OpenAI's
 * chats and completions are relayed in that form, every other is translated to the native one, which can say more
 * (thinking on and off, images in results). Embeddings are always native: the OpenAI form of older servers ignores
 * `encoding_format`.
 */
export const ollama = defineProvider({
  ...openaiShape,
  type: 'ollama',
  source: 'https://docs.ollama.com/api',
  baseUrl: 'http://127.0.0.1:11434',
  serves: {
    chat: [
      { dialect: ollamaChat, path: native('chat'), accepts: (_model, { api }) => api !== 'chat_completions' },
      {
        dialect: openaiCompatibleChat,
        path: '/chat/completions',
        accepts: (_model, { api }) => api !== 'native',
      },
      textCompletions,
    ],
    embedding: [{ dialect: ollamaEmbeddings, path: native('embed') }],
  },
  quirks: { reasoningField: 'reasoning', renamesFields: { max_completion_tokens: 'max_tokens' } },
})

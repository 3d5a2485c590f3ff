import { openaiSpeech } from '../dialects/openai-audio/speech.ts'
import { openaiTranscriptions } from '../dialects/openai-audio/transcriptions.ts'
import { openaiImages } from '../dialects/openai-images/index.ts'
import { openaiModerations } from '../dialects/openai-moderations/index.ts'
import { rerank } from '../dialects/rerank/index.ts'
import type { ServedOperations } from './provider.ts'

/** Where servers that follow OpenAI's API have what they have beside chats and embeddings; a page picks its own. */
export const openaiOperations = {
  moderation: [{ dialect: openaiModerations, path: '/moderations' }],
  image: [{ dialect: openaiImages, path: '/images/generations' }],
  speech: [{ dialect: openaiSpeech, path: '/audio/speech' }],
  transcription: [{ dialect: openaiTranscriptions, path: '/audio/transcriptions' }],
  /** Cohere's shape, on a path of the same form. */
  rerank: [{ dialect: rerank, path: '/rerank' }],
} satisfies ServedOperations

/** What an SDK or a provider's dialect does not have: what is not tried with which pair, each with its reason. */
import { sceneNames, type SceneName } from './scenes.ts'
import { callerNames, providerNames, type CallerName, type ProviderName } from './world.ts'

/** What is tried with every pair. */
export type Subject = SceneName | 'embeddings' | 'listing models'
export const subjects: readonly Subject[] = [...sceneNames, 'embeddings', 'listing models']

export interface Gap {
  callers?: readonly CallerName[]
  providers?: readonly ProviderName[]
  subject: Subject
  reason: string
}

/** Without `callers` it holds for all of them, without `providers` likewise. */
export const gaps: readonly Gap[] = [
  {
    providers: ['openai'],
    subject: 'reasoning before the answer',
    reason: "OpenAI's chat completions count reasoning but never show it",
  },
  {
    callers: ['ai + @ai-sdk/openai'],
    subject: 'reasoning before the answer',
    reason: '@ai-sdk/openai reads no reasoning from chat completions',
  },
  {
    callers: ['openai'],
    subject: 'an image in the result of a tool',
    reason: 'the messages of tools hold text alone in the types of the openai package',
  },
  {
    callers: ['ai + @ai-sdk/openai'],
    subject: 'an image in the result of a tool',
    reason: '@ai-sdk/openai writes such a result as JSON text',
  },
  {
    providers: ['anthropic'],
    subject: 'embeddings',
    reason: 'Anthropic has no embeddings',
  },
  {
    callers: ['@anthropic-ai/sdk', 'ai + @ai-sdk/anthropic'],
    subject: 'embeddings',
    reason: "Anthropic's SDKs have no embeddings",
  },
  {
    callers: ['ai + @ai-sdk/openai', 'ai + @ai-sdk/openai-compatible', 'ai + @ai-sdk/anthropic'],
    subject: 'listing models',
    reason: 'the Vercel AI SDK lists no models',
  },
]

export interface Trial {
  caller: CallerName
  provider: ProviderName
  subject: Subject
}

export const allTrials: readonly Trial[] = subjects.flatMap((subject) =>
  callerNames.flatMap((caller) => providerNames.map((provider) => ({ caller, provider, subject }))),
)

export const gapsOf = ({ caller, provider, subject }: Trial): Gap[] =>
  gaps.filter(
    (gap) =>
      gap.subject === subject &&
      (gap.callers?.includes(caller) ?? true) &&
      (gap.providers?.includes(provider) ?? true),
  )

/** Whether a pair is tried. */
export const isTried = (trial: Trial): boolean => gapsOf(trial).length === 0

import { expect, test } from 'vitest'
import { allTrials, gaps, gapsOf, isTried } from './gaps.ts'
import { callerNames, providerNames } from './world.ts'

test('five SDKs and five providers make 25 pairs', () => {
  expect(callerNames).toHaveLength(5)
  expect(providerNames).toHaveLength(5)
})

test('exactly this is not tried', () => {
  const left = allTrials.filter((trial) => !isTried(trial))
  const told = Map.groupBy(left, ({ subject, caller }) => `${subject}: ${caller}`)
  const lines = [...told].map(
    ([key, trials]) =>
      `${key} → ${trials.length === providerNames.length ? 'any' : trials.map(({ provider }) => provider).join(', ')}`,
  )
  expect(lines).toEqual([
    'an image in the result of a tool: openai → any',
    'an image in the result of a tool: ai + @ai-sdk/openai → any',
    'reasoning before the answer: openai → openai',
    'reasoning before the answer: @anthropic-ai/sdk → openai',
    'reasoning before the answer: ai + @ai-sdk/openai → any',
    'reasoning before the answer: ai + @ai-sdk/openai-compatible → openai',
    'reasoning before the answer: ai + @ai-sdk/anthropic → openai',
    'embeddings: openai → anthropic',
    'embeddings: @anthropic-ai/sdk → any',
    'embeddings: ai + @ai-sdk/openai → anthropic',
    'embeddings: ai + @ai-sdk/openai-compatible → anthropic',
    'embeddings: ai + @ai-sdk/anthropic → any',
    'listing models: ai + @ai-sdk/openai → any',
    'listing models: ai + @ai-sdk/openai-compatible → any',
    'listing models: ai + @ai-sdk/anthropic → any',
  ])
})

test.each(gaps)('the gap is needed, and says why: $reason', (gap) => {
  expect(gap.reason).not.toBe('')
  expect(
    allTrials.filter((trial) => gapsOf(trial).every((found) => found === gap) && !isTried(trial)),
  ).not.toEqual([])
})

/**
 * Whose model it is. Converse is one API for all, but what it leaves to `additionalModelRequestFields`
 * (thinking, `top_k`), prompt caching and the limits of sampling differ by maker.
 */
export type ModelFamily = 'claude' | 'nova' | 'nova-2' | 'gpt' | 'gpt-oss' | 'kimi' | 'other'

const families: readonly [ModelFamily, RegExp][] = [
  ['claude', /(^|[./])anthropic\./],
  ['nova-2', /(^|[./])amazon\.nova-2/],
  ['nova', /(^|[./])amazon\.nova/],
  ['gpt-oss', /(^|[./])openai\.gpt-oss/],
  ['gpt', /(^|[./])openai\./],
  ['kimi', /(^|[./])moonshot(ai)?\./],
  // Nothing in these tells the model. Claude is what most of them hold, and the fields in question are
  // sent only where the caller asked for what they do.
  ['claude', /^arn:.*:(application-inference-profile|provisioned-model)\//],
]

/** By the model's id, its inference profile (`us.anthropic.…`, `global.…`) or the ARN of one of these. */
export const familyOf = (model: string): ModelFamily =>
  families.find(([, pattern]) => pattern.test(model))?.[0] ?? 'other'

import { z } from 'zod'
import { crossCheck, reportRepeats, asRecord, seconds, text } from './fields.ts'

const strategy = () =>
  z.enum(['priority', 'round_robin', 'weighted', 'least_connections', 'latency_optimized', 'cost_optimized'])

const targetSchema = z.strictObject({
  provider: text().describe('A name of providers:.'),
  model: text().describe("The model, by the provider's own name."),
  weight: z.number().min(0).default(1).describe('Share of the traffic under the weighted strategy.'),
})

export const virtualModelSchema = z.strictObject({
  name: text().describe('What callers ask for.'),
  strategy: strategy().optional().describe('How a target is chosen; routing.strategy unless set.'),
  targets: z.array(targetSchema).min(1).describe('Who may answer, first choice first.'),
  fallbacks: z.array(text()).default([]).describe('Models that are tried when no target could answer.'),
})

const ruleSchema = z.strictObject({
  name: text().describe('What decisions and logs call this rule.'),
  condition: text().describe("When it applies: model starts_with 'claude'."),
  target_provider: text().describe('A name of providers:.'),
  priority: z.int().default(0).describe('The highest is looked at first.'),
})

export const routingSchema = z
  .strictObject({
    strategy: strategy().default('priority').describe('How one of several providers of a model is chosen.'),
    default_provider: text().optional().describe('Who gets a model that nobody lists.'),
    fallback_enabled: z.boolean().default(true).describe('Whether the next target is tried when one fails.'),
    health_check_interval_seconds: seconds().default(30).describe('Time between two checks of a provider.'),
    rules: z.array(ruleSchema).default([]).describe('Conditions that choose a provider.'),
  })
  .check(
    crossCheck<unknown>((value, report) => reportRepeats(asRecord(value).rules, 'name', ['rules'], report)),
  )

/**
 * The whole configuration: keys as in the file, defaults and units at the field, unknown keys refused.
 * Older spellings (`aliases.ts`) are renamed before a file gets here.
 */
import { z } from 'zod'
import { authSchema, tenantSchema } from './schema/auth.ts'
import { cacheSchema } from './schema/cache.ts'
import { catalogueSchema } from './schema/catalogue.ts'
import { crossCheck, text } from './schema/fields.ts'
import { providersSchema } from './schema/providers.ts'
import { checkReferences } from './schema/references.ts'
import { resilienceSchema } from './schema/resilience.ts'
import { routingSchema, virtualModelSchema } from './schema/routing.ts'
import { securitySchema } from './schema/security.ts'
import { serverSchema } from './schema/server.ts'
import { databaseSchema, ledgerSchema, pricingSchema, redisSchema } from './schema/storage.ts'
import { telemetrySchema } from './schema/telemetry.ts'

export const configSchema = z
  .strictObject({
    server: serverSchema.prefault({}).describe('Where the gateway listens.'),
    auth: authSchema.prefault({}).describe('Who may call.'),
    tenants: z.array(tenantSchema).default([]).describe('Limits, budgets and rights of groups of keys.'),
    providers: providersSchema
      .prefault({})
      .describe('Who answers, by name; under priority the first is first.'),
    models: z.array(virtualModelSchema).default([]).describe('Names of your own for one or several targets.'),
    catalogue: catalogueSchema.prefault({}).describe('What is known of models, beyond the built-in data.'),
    routing: routingSchema.prefault({}).describe('Which provider gets a request.'),
    resilience: resilienceSchema.prefault({}).describe('What happens when a provider fails or is slow.'),
    cache: cacheSchema.prefault({}).describe('Answers that are given twice. Off until enabled.'),
    security: securitySchema.prefault({}).describe('What is refused, hidden and checked.'),
    telemetry: telemetrySchema.prefault({}).describe('Logs, metrics and traces.'),
    database: databaseSchema.prefault({}).describe('Where keys, usage and audit records live.'),
    redis: redisSchema.optional().describe('Shared by several instances: limits, budgets, cache.'),
    ledger: ledgerSchema.prefault({}).describe('The record of what was used and what it cost.'),
    pricing: pricingSchema.prefault({}).describe('What calls cost.'),
    plugins: z.array(text()).default([]).describe('Modules that are loaded at start: paths or packages.'),
    strict: z
      .boolean()
      .default(false)
      .describe('Refuse requests that would lose something, instead of naming it in x-gateway-dropped.'),
  })
  .check(crossCheck<unknown>(checkReferences))

/** What the rest of the program receives: complete, and frozen all the way down. */
export type Config = Frozen<z.output<typeof configSchema>>

/** What may be written in a file, before defaults. */
export type ConfigInput = z.input<typeof configSchema>

export type ProviderConfig = Config['providers'][string]
export type TenantConfig = Config['tenants'][number]
export type KeyConfig = Config['auth']['keys'][number]
export type VirtualModelConfig = Config['models'][number]
export type { ProviderType } from './schema/providers.ts'

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

import { z } from 'zod'
import {
  asList,
  asRecord,
  crossCheck,
  httpAddressWithQueryOrEmpty,
  modelGlob,
  reportRepeats,
  seconds,
  secret,
  text,
} from './fields.ts'
import { budgetSchema, rateLimitSchema } from './limits.ts'

const allowedModels = () =>
  z.array(modelGlob()).optional().describe('Models that may be used, * as a wildcard; unset allows all.')

const keySchema = z.strictObject({
  name: text().describe('What logs and usage call this key.'),
  key: secret().describe('The key itself; take it from the environment.'),
  tenant: text().default('default').describe('The tenant that the key belongs to; need not be listed.'),
  allowed_models: allowedModels(),
  rate_limit: rateLimitSchema.optional().describe('Limits of this key alone.'),
  budget: budgetSchema.optional().describe('Budget of this key alone.'),
})

const jwtSchema = z.strictObject({
  issuer: z.string().default('').describe('The iss that a token must name.'),
  audience: z.string().default('').describe('The aud that a token must name.'),
  jwks_url: httpAddressWithQueryOrEmpty()
    .default('')
    .describe('Where the issuer publishes its public keys; empty turns tokens off.'),
  tenant_claim: text().default('tenant').describe('The claim that names the tenant.'),
})

export const authSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false: everyone who reaches the port may do everything.'),
    admin_keys: z.array(secret()).default([]).describe('Keys that may do everything.'),
    keys: z.array(keySchema).default([]).describe('Keys of tenants.'),
    jwt: jwtSchema.optional().describe('Tokens of an identity provider, instead of keys.'),
    stale_seconds: seconds()
      .default(3600)
      .describe('How long keys from the database stay valid while it is away.'),
  })
  .check(crossCheck<unknown>(checkKeys))

function checkKeys(value: unknown, report: Parameters<typeof reportRepeats>[3]) {
  const auth = asRecord(value)
  const adminKeys = asList(auth.admin_keys)
  reportRepeats(auth.keys, 'name', ['keys'], report)
  reportRepeats(auth.keys, 'key', ['keys'], report)
  for (const [index, key] of adminKeys.entries())
    if (adminKeys.indexOf(key) < index) report(['admin_keys', index], 'repeats an admin key', 'each key once')
  for (const [index, entry] of asList(auth.keys).entries())
    if (adminKeys.includes(asRecord(entry).key ?? null))
      report(['keys', index, 'key'], 'is also an admin key', 'a key that is not in auth.admin_keys')
}

export const tenantSchema = z.strictObject({
  id: text().describe('The name that keys refer to.'),
  rate_limit: rateLimitSchema.optional().describe('Limits of all its keys together.'),
  budget: budgetSchema.optional().describe('What all its keys together may spend.'),
  allowed_models: allowedModels(),
  allowed_regions: z
    .array(text())
    .optional()
    .describe('Regions whose providers may be used; unset allows all, and those without a region.'),
})

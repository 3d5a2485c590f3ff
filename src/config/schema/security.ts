import { z } from 'zod'
import { addressRange, checked, count, hostName, secret } from './fields.ts'
import { rateLimitSchema } from './limits.ts'

const ipFilterSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Refuse callers by address.'),
  whitelist: z.array(addressRange()).default([]).describe('If any are given, only these may call.'),
  blacklist: z.array(addressRange()).default([]).describe('These may not call.'),
})

const requestSigningSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Demand a signature on every request.'),
  algorithm: z.enum(['hmac-sha256']).default('hmac-sha256').describe('How requests are signed.'),
  header_name: checked('a header name', (value) => /^[A-Za-z0-9-]+$/.test(value))
    .default('X-Signature')
    .describe('The header that carries the signature.'),
})

const headersSchema = z.strictObject({
  remove_sensitive: z.boolean().default(true).describe('Hide what the server is built with.'),
  add_security_headers: z.boolean().default(true).describe('Send the usual security headers.'),
  allowed_hosts: z.array(hostName()).default([]).describe('Host headers that are answered; empty: all.'),
})

const validationSchema = z.strictObject({
  max_request_size_bytes: count()
    .max(1_073_741_824)
    .default(33_554_432)
    .describe('Largest request body: 32 MiB unless set.'),
  max_depth: count().max(10_000).default(512).describe('Deepest nesting of a JSON body.'),
  max_messages: count().optional().describe('Most messages in a request; unset: no limit.'),
  max_message_length: count().optional().describe('Most characters of text in a message; unset: no limit.'),
})

const secretsSchema = z.strictObject({
  encryption_key: secret().optional().describe('Encrypts secrets that are kept in the database.'),
  rotation_days: count().default(90).describe('Age at which a secret is due for a new one.'),
})

const piiSchema = z.strictObject({
  mode: z.enum(['off', 'redact_logs', 'mask', 'block']).default('off').describe('What is done about it.'),
  kinds: z
    .array(z.enum(['email', 'phone', 'credit_card', 'ssn', 'iban', 'ip_address', 'secret']))
    .default(['email', 'phone', 'credit_card', 'ssn', 'iban', 'ip_address', 'secret'])
    .describe('What is looked for.'),
})

export const securitySchema = z.strictObject({
  enabled: z.boolean().default(true).describe('false turns the whole section off.'),
  ip_filter: ipFilterSchema.optional().describe('Callers by address.'),
  request_signing: requestSigningSchema.optional().describe('Signed requests.'),
  rate_limit: rateLimitSchema.optional().describe('Per key, else per address.'),
  headers: headersSchema.prefault({}).describe('Headers in and out.'),
  validation: validationSchema.prefault({}).describe('Bounds of a request.'),
  secrets: secretsSchema.optional().describe('Secrets in the database.'),
  pii: piiSchema.prefault({}).describe('Personal data in prompts, answers and logs.'),
})

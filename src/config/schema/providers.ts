import { z } from 'zod'
import {
  asRecord,
  checked,
  count,
  countOrZero,
  crossCheck,
  httpAddress,
  providerName,
  seconds,
  secret,
  text,
} from './fields.ts'
import type { ReportProblem } from './fields.ts'

export const providerTypes = [
  'openai',
  'anthropic',
  'azure_openai',
  'gemini',
  'vertex',
  'bedrock',
  'cohere',
  'mistral',
  'together',
  'deepseek',
  'groq',
  'openrouter',
  'fireworks',
  'xai',
  'perplexity',
  'vllm',
  'ollama',
  'openai_compatible',
  'mock',
] as const

export type ProviderType = (typeof providerTypes)[number]

/** Headers that belong to the connection or to the body, not to the operator. */
const reservedHeaders = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
])

const headerName = () =>
  checked(
    `a header name other than ${[...reservedHeaders].join(', ')}`,
    (value) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) && !reservedHeaders.has(value.toLowerCase()),
  )
const headerValue = () =>
  checked('a header value without control characters', (value) =>
    /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  ).meta({
    writeOnly: true,
  })

const outgoingLimitSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('false: written down, but not in force.'),
  requests_per_minute: count().optional().describe('Requests per minute sent to this provider.'),
  tokens_per_minute: count().optional().describe('Tokens per minute sent to and had from this provider.'),
})

const priceSchema = z.strictObject({
  input_usd_per_million: z.number().min(0).describe('US dollars for a million prompt tokens.'),
  output_usd_per_million: z.number().min(0).describe('US dollars for a million answer tokens.'),
})

const providerSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('false: the entry is kept, the provider is not used.'),
  type: z
    .enum(providerTypes)
    .optional()
    .describe("What kind of provider it is; the entry's name unless set."),
  api_key: secret().optional().describe("The provider's key; else the environment's, by its usual name."),
  api_keys: z.array(secret()).min(1).optional().describe('Several keys, used in turn.'),
  base_url: httpAddress()
    .optional()
    .describe(
      "Where it is. An origin alone gets the provider's usual path; one with a path is taken as it is.",
    ),
  endpoint: httpAddress().optional().describe('Azure OpenAI: the resource; else AZURE_OPENAI_ENDPOINT.'),
  api: z
    .enum(['chat_completions', 'responses', 'native'])
    .optional()
    .describe(
      'The API that is asked for chats: responses (OpenAI, Azure OpenAI and servers like them), native (Ollama).',
    ),
  api_version: text()
    .optional()
    .describe("The provider's API version (azure_openai: else AZURE_OPENAI_API_VERSION; anthropic)."),
  deployments: z
    .record(text(), text())
    .optional()
    .describe('Azure OpenAI: the deployment of each model whose deployment has another name.'),
  azure_tenant_id: text().optional().describe('Azure OpenAI without a key: else AZURE_TENANT_ID.'),
  azure_client_id: text().optional().describe('Azure OpenAI without a key: else AZURE_CLIENT_ID.'),
  azure_client_secret: secret().optional().describe('Azure OpenAI without a key: else AZURE_CLIENT_SECRET.'),
  azure_federated_token_file: text()
    .optional()
    .describe("Azure OpenAI without a key: a workload's token; else AZURE_FEDERATED_TOKEN_FILE."),
  azure_authority: httpAddress()
    .optional()
    .describe('Where Microsoft Entra is, for sovereign clouds; else AZURE_AUTHORITY_HOST.'),
  azure_scope: text().optional().describe('What the token of Microsoft Entra is for, for sovereign clouds.'),
  region: text().optional().describe('Residency label, compared with allowed_regions of tenants.'),
  aws_region: text().optional().describe('Bedrock: the AWS region; else AWS_REGION, else region.'),
  aws_profile: text()
    .optional()
    .describe("Bedrock: a profile of AWS's files; else the AWS credential chain."),
  aws_access_key_id: secret().optional().describe('Bedrock: else AWS_ACCESS_KEY_ID.'),
  aws_secret_access_key: secret().optional().describe('Bedrock: else AWS_SECRET_ACCESS_KEY.'),
  aws_session_token: secret().optional().describe('Bedrock: else AWS_SESSION_TOKEN.'),
  project: text().optional().describe('Vertex: the Google Cloud project; else GOOGLE_CLOUD_PROJECT.'),
  location: text().optional().describe('Vertex: the Google Cloud location; else GOOGLE_CLOUD_LOCATION.'),
  credentials_file: text()
    .optional()
    .describe(
      "Vertex: a file of credentials; else GOOGLE_APPLICATION_CREDENTIALS, or the machine's own credentials.",
    ),
  timeout_seconds: seconds().optional().describe('Instead of resilience.timeout.request_seconds.'),
  max_retries: countOrZero()
    .max(100)
    .optional()
    .describe('Further tries after the first, instead of resilience.retry.max_attempts.'),
  rate_limit: outgoingLimitSchema.optional().describe('What the gateway may ask of this provider.'),
  weight: z.number().min(0).default(1).describe('Share of the traffic under the weighted strategy.'),
  models: z
    .array(text())
    .optional()
    .describe('Models that it serves, by its own names; unset: those of the catalogue.'),
  price: priceSchema.optional().describe('What it costs, instead of the catalogue.'),
  headers: z.record(headerName(), headerValue()).optional().describe('Headers added to every request.'),
  on_disconnect: z
    .enum(['cancel', 'drain'])
    .default('cancel')
    .describe('When the caller hangs up: cancel the request, or read the answer to its end.'),
})

/** By name. The name stands before `/` in `provider/model`; `type` is the name unless it is given. */
export const providersSchema = z
  .record(providerName(), providerSchema)
  .check(
    crossCheck<unknown>((value, report) => {
      for (const [name, provider] of Object.entries(asRecord(value)))
        checkProvider(name, asRecord(provider), (path, ...rest) => report([name, ...path], ...rest))
    }),
  )
  .transform((providers) =>
    Object.fromEntries(
      Object.entries(providers).map(([name, { type, ...provider }]) => [
        name,
        // The check above refuses a name that is no type where no type is given.
        { ...provider, type: type ?? (name as ProviderType) },
      ]),
    ),
  )

function checkProvider(name: string, provider: Record<string, unknown>, report: ReportProblem) {
  const type = provider.type ?? name
  if (provider.type === undefined && !providerTypes.includes(name as ProviderType))
    report(['type'], `is missing, and "${name}" is not a type itself`, `one of ${providerTypes.join(', ')}`)
  if (provider.api_key !== undefined && provider.api_keys !== undefined)
    report(['api_keys'], 'stands beside api_key', 'either api_key or api_keys')
  // Other types have a usual address, or take theirs from the environment like a credential.
  if (provider.enabled !== false && type === 'openai_compatible' && provider.base_url === undefined)
    report(['base_url'], 'is missing', 'an http:// or https:// URL')
}

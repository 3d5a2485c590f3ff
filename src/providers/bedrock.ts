import { bedrockConverse } from '../dialects/bedrock-converse/index.ts'
import { bedrockEmbeddings } from '../dialects/bedrock-embeddings/index.ts'
import { openAwsSigner } from '../upstream/credentials/aws.ts'
import { bearer, defineProvider, type PathContext, type ProviderSettings } from './provider.ts'

const usualRegion = 'us-east-1'

function baseUrl({ awsRegion = usualRegion }: ProviderSettings): string {
  const domain = awsRegion.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `https://bedrock-runtime.${awsRegion}.${domain}`
}

/** An endpoint of one's own network says its region too, and a signature must name that one. */
const regionOf = (origin: string): string | undefined =>
  /\bbedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com/.exec(origin)?.[1]

/** Ids hold `:`, and ARNs `/`: each model is one segment of the path. */
const segment = (model: string): string =>
  encodeURIComponent(model).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

const path =
  (operation: (call: PathContext) => string) =>
  (call: PathContext): string =>
    `${call.basePath}/model/${segment(call.model)}/${operation(call)}`

/**
 * Amazon Bedrock: models by their ids, inference profiles (`us.`, `eu.`, `global.`) and ARNs. A key is one of
 * Bedrock's own (`AWS_BEARER_TOKEN_BEDROCK`); without one requests are signed, with the configured pair of keys
 * or with what the chain of AWS's tools finds.
 * Source: docs.aws.amazon.com/bedrock/latest/APIReference (checked 2026-11-21).
 */
export const bedrock = defineProvider({
  type: 'bedrock',
  source: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  baseUrl,
  usualPath: '',
  credential: bearer,
  openSigner: ({ origin, keys, settings }) =>
    keys.length > 0
      ? undefined
      : openAwsSigner({
          origin,
          region: settings.awsRegion ?? regionOf(origin) ?? usualRegion,
          service: 'bedrock',
          credentials: settings.awsKeys ?? 'chain',
          ...(settings.awsProfile !== undefined && { profile: settings.awsProfile }),
        }),
  serves: {
    chat: [
      { dialect: bedrockConverse, path: path(({ stream }) => (stream ? 'converse-stream' : 'converse')) },
    ],
    embedding: [{ dialect: bedrockEmbeddings, path: path(() => 'invoke') }],
  },
  requestIdHeader: 'x-amzn-requestid',
})

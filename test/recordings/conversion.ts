import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { HangUp, type Call, type CallRecord } from '../../src/pipeline/call.ts'
import type { Conversion } from '../../src/pipeline/conversion.ts'
import { endpoints } from '../../src/pipeline/endpoints.ts'
import { relay } from '../../src/pipeline/relay.ts'
import type { Provider, Target } from '../../src/pipeline/target.ts'
import { translate } from '../../src/pipeline/translate.ts'
import { providerFacts } from '../../src/providers/index.ts'
import { servingOf } from '../../src/providers/provider.ts'
import { express } from './express.ts'
import { isRelayed, settingsOf, type Recording, type Route } from './recordings.ts'

/**
 * The gateway's own conversion of a stream, without the network: for cuts by the thousand. What is made here by
 * hand is only what the conversion reads of a call and its target.
 */
export function conversionOf(recording: Recording, route: Route): Conversion {
  const isRelay = isRelayed(recording, route)
  const { body } = isRelay ? recording : express(recording, route)
  const call = callOf(body, route)
  const target: Target = { provider: providerOf(recording), model: recording.body.model }
  const { endpoint } = call
  const serving = servingOf(
    target.provider.facts.serves.chat,
    endpoint.dialect.name,
    target.model,
    target.provider.settings,
  )
  if (endpoint.operation !== 'chat' || !serving) throw new Error('streams are chats')
  if (isRelay) return relay(call, target, serving)
  return translate(call, target, endpoint.dialect, serving, 1_700_000_000)
}

function callOf(body: JsonObject, route: Route): Call {
  const endpoint = endpoints.find(({ path }) => path === route)
  if (!endpoint) throw new Error(`there is no route ${route}`)
  const rawBody = Buffer.from(JSON.stringify(body))
  return {
    record: { requestId: 'ours' } as CallRecord,
    endpoint,
    principal: {
      tenant: 'acme',
      keyName: 'app',
      scopes: new Set(['inference']),
      mayUse: () => true,
      allowedRegions: undefined,
    },
    input: {
      raw: rawBody,
      bytes: rawBody.toString('latin1'),
      body: parseJson(rawBody.toString()) as JsonObject,
    },
    model: body.model as string,
    stream: true,
    strict: false,
    onlyProvider: undefined,
    timeoutMs: undefined,
    passedHeaders: {},
    query: '',
    hangUp: new HangUp(),
  }
}

function providerOf(recording: Recording): Provider {
  const { provider, type, basePath } = recording
  const facts = providerFacts.get(type)
  if (!facts) throw new Error(`there is no provider of the type ${type}`)
  return {
    name: provider,
    facts,
    basePath,
    models: [],
    listing: undefined,
    labels: new Set(),
    lists: () => false,
    region: undefined,
    unusable: undefined,
    settings: settingsOf(recording),
    signer: undefined,
    transport: {
      send: () => {
        throw new Error('nothing is sent here')
      },
      close: () => Promise.resolve(),
    },
    nextHeaders: () => [],
    credentials: 1,
    secrets: [],
    deadlines: { streamFirstByteMs: 1, jsonFirstByteMs: 1, idleMs: 1, requestMs: 1, streamingMs: 1 },
    maxAttempts: 1,
    describe: () => undefined,
  }
}

/** What a caller gets of a stream, and how it ended. */
export interface Converted {
  text: string
  finished: boolean
  error: string | undefined
}

/** Gives the pieces to a new conversion one by one, as the attempt does with what the network brings. */
export function convert(conversion: Conversion, pieces: readonly Buffer[]): Converted {
  const stream = conversion.openStream()
  const written: Buffer[] = []
  const keep = (bytes: Buffer | string | undefined) => {
    if (bytes !== undefined) written.push(Buffer.from(bytes))
  }
  const textSoFar = () => Buffer.concat(written).toString()
  try {
    for (const piece of pieces) if (!stream.ended && !stream.error) keep(stream.push(piece))
    if (!stream.ended && !stream.error) keep(stream.close())
  } catch {
    // What cannot be read fails the attempt, whatever was said before.
    return { text: textSoFar(), finished: false, error: 'unreadable' }
  }
  return { text: textSoFar(), finished: stream.finished, error: stream.error?.message }
}

import type { Said, SaidFinish, Wire } from '../said.ts'

/** How a provider writes what it says. Independent of the gateway's own encoders and decoders. */
export interface ProviderWire {
  /** Its entry in the configuration, without the address. */
  entry: Wire
  model: string
  streamType: string
  json(said: Said): Wire
  /** The frames of a stream, each whole. */
  stream(said: Said): Buffer[]
  /** A frame of a kind that nobody has described yet. */
  unknownEvent: Buffer
  /** The provider's own word that it fails, in the middle of a stream with status 200. */
  failure(message: string): Buffer
  /** The body of a failure with a status of its own. */
  error(message: string): Wire
  /** Its words for how an answer ended; those that it has none for are left out. */
  finishes: Partial<Record<SaidFinish, string>>
}

export const sse = (data: unknown, event?: string): Buffer =>
  Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`)

export const typedSse = (event: Wire & { type: string }): Buffer => sse(event, event.type)

/** A word that the provider has for how its answer ended. */
export function wordFor({ finishes }: Pick<ProviderWire, 'finishes'>, finish: SaidFinish): string {
  const word = finishes[finish]
  if (word === undefined) throw new Error(`The provider has no word for ${finish}`)
  return word
}

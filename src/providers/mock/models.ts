import { MockRefusal, refuse } from './refusal.ts'

/** What a name makes the mock do. */
export interface Behaviour {
  /** How the answer's text comes about. */
  says: 'friendly' | 'echo' | 'thinking' | 'embedding'
  /** Milliseconds until the first byte, and tokens per second after it; `tokensPerSecond` 0 is as fast as it is read. */
  firstByteMs: number
  tokensPerSecond: number
  /** The answer is a filler text of so many tokens. */
  tokens?: number
  /** Fails with this status. */
  status?: number
  /** How it goes wrong after a good start, or that it never starts. */
  breaks?: 'error-mid-stream' | 'cut' | 'hang'
}

const quick: Behaviour = { says: 'friendly', firstByteMs: 0, tokensPerSecond: 0 }

const behaviours: Record<string, Behaviour> = {
  'mock-gpt': quick,
  'mock-slow': { ...quick, firstByteMs: 2000, tokensPerSecond: 10 },
  'mock-tools': quick,
  'mock-thinking': { ...quick, says: 'thinking' },
  'mock-echo': { ...quick, says: 'echo' },
  'mock-long': { ...quick, tokens: 2000 },
  'mock-error-429': { ...quick, status: 429 },
  'mock-error-503': { ...quick, status: 503 },
  'mock-error-mid-stream': { ...quick, breaks: 'error-mid-stream' },
  'mock-cut': { ...quick, breaks: 'cut' },
  'mock-hang': { ...quick, breaks: 'hang' },
  'mock-embedding': { ...quick, says: 'embedding' },
}

/** The models it lists. `mock-error-STATUS` exists for every 4xx and 5xx; other `mock-…` names answer like `mock-gpt`. */
export const mockModels: readonly string[] = Object.keys(behaviours)

/** @throws MockRefusal 404 for a name that does not begin with `mock-` or asks for no possible error. */
export function behaviourOf(model: string): Behaviour {
  if (Object.hasOwn(behaviours, model)) return behaviours[model]!
  const status = /^mock-error-(\d+)$/.exec(model)?.[1]
  if (status === undefined && model.startsWith('mock-')) return quick
  if (status !== undefined && /^[45]\d\d$/.test(status)) return { ...quick, status: Number(status) }
  const allowed = status === undefined ? 'its names begin with "mock-"' : 'mock-error-400 to mock-error-599'
  throw new MockRefusal(
    refuse(404, `The model \`${model.slice(0, 100)}\` does not exist in the mock provider: ${allowed}.`, {
      param: 'model',
      code: 'model_not_found',
    }),
  )
}

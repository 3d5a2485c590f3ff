import { createHash } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const taken = /^[a-zA-Z0-9]{9}$/

/**
 * An id that Mistral takes: nine letters and digits. Another provider's id becomes a digest of itself, the
 * same one every time, so that calls and results still find each other in every later request.
 */
export function shortToolCallId(id: string): string {
  if (taken.test(id)) return id
  const digest = createHash('sha256').update(id).digest()
  let short = ''
  for (let i = 0; i < 9; i++) short += alphabet[(digest[i] as number) % alphabet.length]
  return short
}

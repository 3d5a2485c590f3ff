import type { Frame } from '../../src/framing/frame.ts'

/** The frames of a recorded stream, split where the recording's text has its blank lines. */
export function frames(text: string): Frame[] {
  return text
    .split(/\r?\n\r?\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const lines = part.split(/\r?\n/)
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1)
      return { event: field('event')?.trim(), data: field('data')?.replace(/^ /, '') ?? '' }
    })
}

/** Frames as a provider sends them, from their events. */
export const send = (...events: ({ type: string } & Record<string, unknown>)[]): Frame[] =>
  events.map((event) => ({ event: event.type, data: JSON.stringify(event) }))

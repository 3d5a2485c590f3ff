/** A reader of server-sent events for tests, on purpose not the gateway's own. */

export interface ReadEvent {
  event: string | undefined
  data: string
}

/** Events of a whole text; an event that has no blank line after it is not one. */
export function readEvents(text: string): ReadEvent[] {
  const reader = new EventReader()
  return reader.push(text)
}

/** The `data` of each event. */
export const dataLines = (text: string): string[] => readEvents(text).map(({ data }) => data)

/** Takes text in pieces cut anywhere. */
export class EventReader {
  #rest = ''

  push(text: string): ReadEvent[] {
    this.#rest = (this.#rest + text).replaceAll('\r\n', '\n')
    const blocks = this.#rest.split('\n\n')
    this.#rest = blocks.pop()!
    return blocks.map(readBlock).filter((event) => event !== undefined)
  }
}

function readBlock(block: string): ReadEvent | undefined {
  let event: string | undefined
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trimStart()
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') }
}

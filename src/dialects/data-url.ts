/** `data:image/png;base64,…` taken apart without copying more than once; documents may be megabytes. */
export interface DataUrl {
  mediaType: string
  /** base64 */
  data: string
}

const longestHeader = 200

export const isDataUrl = (url: string): boolean => url.startsWith('data:')

/** `undefined` for anything but base64. */
export function readDataUrl(url: string): DataUrl | undefined {
  const comma = url.slice(0, longestHeader).indexOf(',')
  if (comma < 0 || !isDataUrl(url)) return undefined
  const [mediaType, ...parameters] = url.slice('data:'.length, comma).toLowerCase().split(';')
  if (parameters.at(-1)?.trim() !== 'base64') return undefined
  return { mediaType: mediaType || 'text/plain', data: url.slice(comma + 1) }
}

export const writeDataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`

/**
 * RFC 3339 in UTC with milliseconds, cheap enough for every log line: the part up to the second is made
 * once per second.
 */
const milliseconds = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`)

let lastSecond = NaN
let upToSecond = ''

/** @param unixMs whole milliseconds, as `Date.now()` gives them. */
export function timestamp(unixMs: number = Date.now()): string {
  const second = Math.floor(unixMs / 1000)
  if (second !== lastSecond) {
    upToSecond = new Date(second * 1000).toISOString().slice(0, 20)
    lastSecond = second
  }
  return upToSecond + milliseconds[unixMs - second * 1000]
}

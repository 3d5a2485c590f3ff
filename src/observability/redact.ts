/**
 * Keeps secrets out of the log: by the name of the field, and by the look of the text.
 * Every pattern is linear-time: a boundary on the left, one class at a time, bounded where two could meet.
 */

export const redacted = '[redacted]'

const secretNames = [
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'cookie',
  'set-cookie',
  'api_key',
  'apiKey',
  'api_keys',
  'apiKeys',
  'admin_keys',
  'adminKeys',
  'key',
  'secret',
  'password',
  'token',
  'access_token',
  'refresh_token',
  'encryption_key',
  'encryptionKey',
  'credential',
  'credentials',
]

// A string, or a list of strings, under one of the names, as JSON.stringify writes them.
const jsonText = '"(?:[^"\\\\]|\\\\.)*"'
const secretFields = new RegExp(
  `("(?:${secretNames.join('|')})"):(?:${jsonText}|\\[${jsonText}(?:,${jsonText})*\\])`,
  'gi',
)

const looksSecret: [pattern: RegExp, replacement: string][] = [
  [/(?<![A-Za-z0-9])(Bearer|Basic)\s{1,4}[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${redacted}`],
  // OpenAI, Anthropic and their kin; our own; Groq.
  [/(?<![A-Za-z0-9])(?:sk|gw|gsk|pk|rk)[-_][A-Za-z0-9_-]{8,}/g, redacted],
  // Google.
  [/(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{16,}/g, redacted],
  [/(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{16,}/g, redacted],
  // AWS access key ids.
  [/(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}/g, redacted],
  // JSON web tokens.
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, redacted],
  // Passwords in addresses.
  [/:\/\/[^\s/@:"\\]{0,128}:[^\s/@"\\]{1,256}@/g, `://${redacted}@`],
  // `key=…`, `"api_key": "…"`, `token: …`.
  [
    /(key|token|secret|signature|sig)(\\?["']?\s{0,4}[=:]\s{0,4}\\?["']?)[A-Za-z0-9+/_=.~-]{16,}/gi,
    `$1$2${redacted}`,
  ],
  [/(password|passwd|pwd)(\\?["']?\s{0,4}[=:]\s{0,4}\\?["']?)[^\s"'\\,;&}[]+/gi, `$1$2${redacted}`],
]

/**
 * A line of JSON without its secrets: fields with a secret's name at any depth, and what looks like a key
 * anywhere. (pino's own `redact` by paths costs 20 µs a line with as many paths, and knows one depth only.)
 */
export const redactLine = (line: string): string => redactText(line.replace(secretFields, `$1:"${redacted}"`))

/**
 * The text with everything that looks like a key replaced. Safe on JSON text too: what is replaced never
 * holds a quote or a backslash.
 */
export function redactText(text: string): string {
  for (const [pattern, replacement] of looksSecret) text = text.replace(pattern, replacement)
  return text
}

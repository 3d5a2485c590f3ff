/** What the scripts read from the environment (`k6 run -e NAME=value`), with defaults for a local gateway. */

/**
 * @param {string} name
 * @param {string} fallback
 * @returns {string}
 */
function text(name, fallback) {
  const value = __ENV[name]
  return value === undefined || value === '' ? fallback : value
}

/**
 * @param {string} name
 * @param {number} fallback
 * @returns {number} above 0
 */
export function number(name, fallback) {
  const value = Number(text(name, String(fallback)))
  if (!(value > 0)) throw new Error(`${name} is "${__ENV[name]}"; a number above 0 is allowed`)
  return value
}

/**
 * @param {string} name
 * @param {string} fallback
 * @returns {string} as k6 writes it: `30s`, `5m`, `1h30m`
 */
export function duration(name, fallback) {
  const value = text(name, fallback)
  if (!/^(\d+(ms|s|m|h))+$/.test(value))
    throw new Error(`${name} is "${value}"; something like 30s or 1h30m is allowed`)
  return value
}

export const settings = {
  baseUrl: text('BASE_URL', 'http://127.0.0.1:8080').replace(/\/+$/, ''),
  /** Empty for a gateway without keys. */
  apiKey: text('API_KEY', ''),
  /** Called on both chat routes, so that one of them is translated. */
  model: text('MODEL', 'mock-gpt'),
  /** Embeddings are left out without it. */
  embeddingModel: text('EMBEDDING_MODEL', ''),
  maxTokens: number('MAX_TOKENS', 64),
  /** Bounds of the thresholds, in milliseconds. A real model needs larger ones than the mock. */
  p95Ms: number('P95_MS', 500),
  p99Ms: number('P99_MS', 1000),
  firstByteP95Ms: number('FIRST_BYTE_P95_MS', 300),
}

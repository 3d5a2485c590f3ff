/** What the mock says no with, in OpenAI's shape. */
export interface Refusal {
  status: number
  headers: Record<string, string>
  body: { error: { message: string; type: string; param: string | null; code: string | null } }
}

/** Thrown while a request is read or answered; becomes the answer. */
export class MockRefusal extends Error {
  override readonly name = 'MockRefusal'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.body.error.message)
    this.refusal = refusal
  }
}

/** A 400 that names the field, what was found and what is allowed. */
export const invalid = (param: string | null, message: string): MockRefusal =>
  new MockRefusal(refuse(400, message, { param }))

export function refuse(
  status: number,
  message: string,
  detail: { param?: string | null; code?: string } = {},
): Refusal {
  const [type, code] = kindOf(status)
  return {
    status,
    // One second is short enough for a test that obeys it, and long enough to see that one did.
    headers: status === 429 ? { 'retry-after': '1' } : {},
    body: { error: { message, type, param: detail.param ?? null, code: detail.code ?? code } },
  }
}

/** `type` and `code` as OpenAI sends them with this status. */
function kindOf(status: number): [type: string, code: string | null] {
  if (status === 401) return ['invalid_request_error', 'invalid_api_key']
  if (status === 403) return ['permission_error', null]
  if (status === 429) return ['requests', 'rate_limit_exceeded']
  if (status === 503) return ['server_error', 'service_unavailable']
  if (status >= 500) return ['server_error', null]
  return ['invalid_request_error', null]
}

/** How an error names a value it found: never the value of a text, which may be private. */
export function described(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === '') return 'an empty string'
  return value === undefined ? 'nothing' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

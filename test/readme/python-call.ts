export interface HttpCall {
  url: string
  headers: Record<string, string>
  body: Record<string, unknown>
}

/** Where the methods of the Python packages send, below their `base_url`, and how they show their key. */
const methods: Record<string, { path: string; headers: (key: string) => Record<string, string> }> = {
  'chat.completions': {
    path: '/chat/completions',
    headers: (key) => ({ authorization: `Bearer ${key}` }),
  },
  messages: {
    path: '/v1/messages',
    headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  },
}

/**
 * The request that a short Python example makes by `client.….create(…)`: literals only.
 * @throws Error where it holds no such call
 */
export function pythonCall(text: string): HttpCall {
  const [, constructed = ''] = /client = \w+\(([^)]*)\)/.exec(text) ?? []
  const { base_url: base, api_key: key } = keywordArguments(constructed)
  const [, name = '', passed = ''] = /client\.([\w.]+)\.create\(([\s\S]*?)\)\n/.exec(text) ?? []
  const method = methods[name]
  if (!method || typeof base !== 'string' || typeof key !== 'string')
    throw new Error(`There is no call of ${Object.keys(methods).join(' or ')} with base_url and api_key`)
  return { url: base + method.path, headers: method.headers(key), body: keywordArguments(passed) }
}

/** `a="b", c=[1]` as an object: Python's literals are JSON but for three words and the last comma. */
function keywordArguments(text: string): Record<string, unknown> {
  const json = `{${text},}`
    .replace(/(^\{|,)\s*(\w+)=/g, '$1"$2":')
    .replace(
      /\b(True|False|None)\b/g,
      (word) => ({ True: 'true', False: 'false', None: 'null' })[word] ?? word,
    )
    .replace(/,(\s*,)*(\s*[}\]])/g, '$2')
  return JSON.parse(json) as Record<string, unknown>
}

/** The calls of the bench, one function each. Every answer is checked; a fast error doesn't count as an answer. */
import http from 'k6/http'
import { check } from 'k6'
import { Counter, Rate, Trend } from 'k6/metrics'
import { settings } from './settings.js'

/** Time to the first byte of a stream; k6 itself only sees the last one. */
const firstByteMs = new Trend('stream_first_byte', true)
/** Answers that are right. Refusals under overload (429, 503) count in neither way. */
const rightAnswers = new Rate('right_answers')
/** 429 and 503: the gateway or the provider asks to come back later. */
const refusals = new Counter('refusals')
/** Refusals in another dialect than the route's, or without a word on when to come back. */
const improperRefusals = new Counter('improper_refusals')

const prompt = 'Say in one short sentence what a gateway is.'

/**
 * @param {string} call tag of the call's own figures
 * @param {boolean} isAnthropic
 */
function parameters(call, isAnthropic) {
  /** @type {Record<string, string>} */
  const headers = { 'content-type': 'application/json' }
  if (settings.apiKey !== '') headers['authorization'] = `Bearer ${settings.apiKey}`
  if (isAnthropic) headers['anthropic-version'] = '2023-06-01'
  return {
    headers,
    tags: { call, name: call },
    timeout: '120s',
    // Refusals have their own figure; without this they would count as failed requests.
    responseCallback: http.expectedStatuses(200, 429, 503),
  }
}

/**
 * @param {string} call
 * @param {string} path
 * @param {object} body
 * @param {(text: string) => boolean} isRight
 */
function post(call, path, body, isRight) {
  const isAnthropic = path === '/v1/messages'
  const response = http.post(
    `${settings.baseUrl}${path}`,
    JSON.stringify(body),
    parameters(call, isAnthropic),
  )
  const text = typeof response.body === 'string' ? response.body : ''
  if (response.status === 429 || response.status === 503) {
    refusals.add(1, { call })
    if (!isProperRefusal(response.headers, text, isAnthropic)) improperRefusals.add(1, { call })
    return response
  }
  const right = check(response, {
    [`${call}: status 200`]: ({ status }) => status === 200,
    [`${call}: the answer is whole`]: () => isRight(text),
    [`${call}: has a request id`]: ({ headers }) => headers['X-Gateway-Request-Id'] !== undefined,
  })
  rightAnswers.add(right, { call })
  return response
}

/**
 * @param {Record<string, string>} headers
 * @param {string} text
 * @param {boolean} isAnthropic
 */
function isProperRefusal(headers, text, isAnthropic) {
  const body = parse(text)
  const hasDialect = isAnthropic ? body?.type === 'error' : typeof body?.error?.code === 'string'
  return hasDialect && (headers['Retry-After'] !== undefined || headers['X-Should-Retry'] === 'false')
}

/**
 * @param {string} text
 * @returns {any} undefined where it isn't JSON
 */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const chatBody = {
  model: settings.model,
  max_tokens: settings.maxTokens,
  messages: [{ role: 'user', content: prompt }],
}

export function chat() {
  post('chat', '/v1/chat/completions', chatBody, (text) => {
    const message = parse(text)?.choices?.[0]?.message
    return typeof message?.content === 'string' || Array.isArray(message?.tool_calls)
  })
}

export function messages() {
  post('messages', '/v1/messages', chatBody, (text) => {
    const answer = parse(text)
    return answer?.type === 'message' && Array.isArray(answer.content)
  })
}

export function chatStream() {
  const response = post('chat_stream', '/v1/chat/completions', { ...chatBody, stream: true }, (text) =>
    /data: \[DONE\]\s*$/.test(text),
  )
  if (response.status === 200) firstByteMs.add(response.timings.waiting, { call: 'chat_stream' })
}

export function messagesStream() {
  const response = post('messages_stream', '/v1/messages', { ...chatBody, stream: true }, (text) =>
    text.includes('event: message_stop'),
  )
  if (response.status === 200) firstByteMs.add(response.timings.waiting, { call: 'messages_stream' })
}

export function embeddings() {
  post('embeddings', '/v1/embeddings', { model: settings.embeddingModel, input: prompt }, (text) => {
    const vector = parse(text)?.data?.[0]?.embedding
    return Array.isArray(vector) && vector.length > 0
  })
}

/** Every call this host can answer. */
export const calls = [
  chat,
  messages,
  chatStream,
  messagesStream,
  ...(settings.embeddingModel === '' ? [] : [embeddings]),
]

/** One call, taken at random: half of them plain chats, the rest evenly. */
export function mixedCall() {
  const call = Math.random() < 0.5 ? chat : calls[Math.floor(Math.random() * calls.length)]
  call?.()
}

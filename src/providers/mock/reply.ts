import type { UpstreamRequest } from '../../upstream/transport.ts'
import { compose } from './answer.ts'
import { countCharacters } from './conversation.ts'
import { embeddingBody } from './embedding.ts'
import { type Behaviour, behaviourOf, mockModels } from './models.ts'
import { imageBody, moderationBody, rerankBody, tokenCountBody } from './relayed.ts'
import { invalid, MockRefusal, refuse, type Refusal } from './refusal.ts'
import { isObject, type JsonObject, type MockWishes, readChat, readWishes } from './request.ts'
import { promptTokens } from './tokens.ts'
import { chatBody, chatStream, type Letterhead, usageOf } from './wire.ts'

/** What goes back, and how fast. */
export interface Reply {
  status: number
  headers: Record<string, string>
  /** The body in pieces; of a stream one per token. */
  pieces: Iterator<string, void>
  firstByteMs: number
  /** Time between two pieces; 0 gives them as fast as they are read. */
  betweenPiecesMs: number
  /** Never answers. */
  hangs: boolean
}

/** Reads a request and says what to answer; whatever is wrong with it becomes an error in OpenAI's shape. */
export function replyTo(request: UpstreamRequest, serial: string, created: number): Reply {
  try {
    return route(request, serial, created)
  } catch (error) {
    // A schema nested too deep for JSON.stringify, say: the process must survive what a caller sends.
    if (!(error instanceof MockRefusal))
      return refusalReply(refuse(500, 'The mock could not answer this.'), serial)
    return refusalReply(error.refusal, serial)
  }
}

function route(request: UpstreamRequest, serial: string, created: number): Reply {
  const path = request.path.split('?', 1)[0]!
  const isGet = request.method === 'GET'
  if (path.endsWith('/models') && isGet) return jsonReply(200, JSON.stringify(modelList(created)), serial)
  const answer = answers.find(([ending]) => path.endsWith(ending))?.[1]
  if (!answer)
    throw new MockRefusal(refuse(404, `Unknown request URL: ${request.method} ${path.slice(0, 200)}`))
  if (isGet) throw new MockRefusal(refuse(405, 'This address only takes POST.'))
  return answer(readBody(request.body), serial, created)
}

function modelList(created: number): JsonObject {
  const data = mockModels.map((id) => ({ id, object: 'model', created, owned_by: 'llm-gateway' }))
  return { object: 'list', data }
}

function readBody(bytes: Uint8Array | null): JsonObject & { model: string } {
  const body = parse(bytes)
  if (!isObject(body))
    throw invalid(null, 'We could not parse the JSON body of your request: it must be an object.')
  if (typeof body.model === 'string' && body.model !== '') return body as JsonObject & { model: string }
  throw invalid('model', 'You must provide a model parameter.')
}

function parse(bytes: Uint8Array | null): unknown {
  if (bytes === null) return undefined
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch {
    return undefined
  }
}

/** @throws MockRefusal where the request is to fail at once */
function prepare(body: JsonObject & { model: string }): Behaviour {
  const behaviour = fulfil(behaviourOf(body.model), readWishes(body.mock))
  const { status } = behaviour
  if (status !== undefined && status !== 200)
    throw new MockRefusal(refuse(status, `The mock failed with ${status}, as asked.`))
  return behaviour
}

function fulfil(behaviour: Behaviour, wishes: MockWishes): Behaviour {
  const { latencyMs = behaviour.firstByteMs, tokensPerSecond = behaviour.tokensPerSecond } = wishes
  const { tokens = behaviour.tokens, status = behaviour.status } = wishes
  return { ...behaviour, firstByteMs: latencyMs, tokensPerSecond, tokens, status }
}

function answerChat(body: JsonObject & { model: string }, serial: string, created: number): Reply {
  const behaviour = prepare(body)
  if (behaviour.says === 'embedding') {
    const message = 'This is not a chat model: it only answers /embeddings.'
    throw new MockRefusal(refuse(404, message, { param: 'model', code: 'model_not_found' }))
  }
  const asked = readChat(body)
  const head: Letterhead = { id: `chatcmpl-mock-${serial}`, created, model: body.model }
  const answers = Array.from({ length: asked.choices }, (_, choice) =>
    compose(asked, behaviour, choice, serial),
  )
  const usage = usageOf(answers, promptTokens(countCharacters(asked.messages)))
  const betweenTokensMs = behaviour.tokensPerSecond === 0 ? 0 : 1000 / behaviour.tokensPerSecond
  if (asked.stream) {
    const pieces = chatStream(head, answers, asked.includeUsage ? usage : null, behaviour.breaks)
    return timed(streamReply(pieces, serial), behaviour, behaviour.firstByteMs, betweenTokensMs)
  }
  if (behaviour.breaks === 'error-mid-stream')
    return refusalReply(refuse(500, 'The mock failed, as asked.'), serial)
  const text = JSON.stringify(chatBody(head, answers, usage))
  const reply = behaviour.breaks === 'cut' ? cutReply(text, serial) : jsonReply(200, text, serial)
  // A JSON answer leaves when its last token is made.
  return timed(
    reply,
    behaviour,
    behaviour.firstByteMs + (usage.completion_tokens as number) * betweenTokensMs,
    0,
  )
}

type AnswerCall = (body: JsonObject & { model: string }, serial: string, created: number) => Reply

/** An answer that is JSON, whatever is asked. */
const answerJson =
  (
    write: (body: JsonObject & { model: string }, serial: string, created: number) => JsonObject,
  ): AnswerCall =>
  (body, serial, created) => {
    const behaviour = prepare(body)
    const text = JSON.stringify(write(body, serial, created))
    return timed(jsonReply(200, text, serial), behaviour, behaviour.firstByteMs, 0)
  }

/** By how the path ends. */
const answers: readonly [ending: string, answer: AnswerCall][] = [
  ['/chat/completions', answerChat],
  ['/embeddings', answerJson((body) => embeddingBody(body, body.model))],
  ['/messages/count_tokens', answerJson(tokenCountBody)],
  ['/moderations', answerJson((body, serial) => moderationBody(body, `modr-mock-${serial}`))],
  ['/rerank', answerJson((body, serial) => rerankBody(body, `rerank-mock-${serial}`))],
  ['/images/generations', answerJson((body, _serial, created) => imageBody(body, created))],
]

function timed(reply: Reply, { breaks }: Behaviour, firstByteMs: number, betweenPiecesMs: number): Reply {
  return { ...reply, firstByteMs, betweenPiecesMs, hangs: breaks === 'hang' }
}

const refusalReply = (refusal: Refusal, serial: string): Reply =>
  jsonReply(refusal.status, JSON.stringify(refusal.body), serial, refusal.headers)

function jsonReply(status: number, text: string, serial: string, more: Record<string, string> = {}): Reply {
  const headers = { 'content-type': 'application/json', 'x-request-id': `req_mock_${serial}`, ...more }
  return atOnce(status, headers, [text].values())
}

/** Ends in the middle of the body, with nothing to say so. */
const cutReply = (text: string, serial: string): Reply =>
  jsonReply(200, text.slice(0, text.length / 2), serial)

function streamReply(pieces: Iterator<string, void>, serial: string): Reply {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': `req_mock_${serial}` }
  return atOnce(200, headers, pieces)
}

const atOnce = (status: number, headers: Record<string, string>, pieces: Iterator<string, void>): Reply => ({
  status,
  headers,
  pieces,
  firstByteMs: 0,
  betweenPiecesMs: 0,
  hangs: false,
})

import { countCharacters } from './conversation.ts'
import { described, invalid } from './refusal.ts'
import { isObject, type JsonObject, whole } from './request.ts'
import { promptTokens } from './tokens.ts'

/** Answers of the routes that the gateway only relays; each throws MockRefusal 400 for a field of the wrong shape. */

/** Anthropic's `/messages/count_tokens`, estimated as the prompts of chats are. */
export function tokenCountBody(body: JsonObject): JsonObject {
  const messages: unknown[] = Array.isArray(body.messages) ? body.messages : []
  const system = { role: 'system', content: body.system ?? '' }
  return { input_tokens: promptTokens(countCharacters([system, ...messages.filter(isObject)])) }
}

/** Flags what holds this word. */
const flaggedWord = 'mock-flagged'

/** `/moderations`: a result for each text; of a list of parts, one for all of them. */
export function moderationBody(body: JsonObject, id: string): JsonObject {
  const { input, model } = body
  const list: unknown[] = Array.isArray(input) ? input : [input]
  const isOfParts = list.some(isObject)
  const texts = isOfParts ? [JSON.stringify(list)] : list
  const results = texts.map((text) => {
    if (typeof text !== 'string')
      throw invalid('input', `'input' must be a text or a list, found ${described(text)}.`)
    const flagged = text.includes(flaggedWord)
    return { flagged, categories: { violence: flagged }, category_scores: { violence: flagged ? 1 : 0 } }
  })
  return { id, model, results }
}

/** `/rerank`: by how many words of the query a document has. */
export function rerankBody(body: JsonObject, id: string): JsonObject {
  const documents: unknown[] = Array.isArray(body.documents) ? body.documents : []
  if (documents.length === 0) throw invalid('documents', `'documents' must be a list of texts, not empty.`)
  const wanted = wordsOf(body.query)
  const results = documents.map((document, index) => {
    const found = wordsOf(document)
    const shared = [...wanted].filter((word) => found.has(word)).length
    return { index, relevance_score: wanted.size === 0 ? 0 : shared / wanted.size }
  })
  results.sort((a, b) => b.relevance_score - a.relevance_score)
  const tokens = promptTokens(JSON.stringify([body.query, documents]).length)
  return {
    id,
    results: results.slice(0, whole(body, 'top_n', 1, Number.MAX_SAFE_INTEGER) ?? results.length),
    meta: { billed_units: { search_units: 1 }, tokens: { input_tokens: tokens, output_tokens: 0 } },
  }
}

const wordsOf = (value: unknown): Set<string> =>
  new Set((typeof value === 'string' ? value : JSON.stringify(value)).toLowerCase().match(/\p{L}+/gu))

/** A grey dot of one pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNoaGj4DwAFhAKAjM1mJgAAAABJRU5ErkJggg=='
const tokensOfImage = 16

/** `/images/generations`, as a GPT Image model answers: never as an address. */
export function imageBody(body: JsonObject, created: number): JsonObject {
  const { prompt } = body
  if (typeof prompt !== 'string')
    throw invalid('prompt', `'prompt' must be a text, found ${described(prompt)}.`)
  const count = whole(body, 'n', 1, 10) ?? 1
  const input = promptTokens(prompt.length)
  const output = count * tokensOfImage
  return {
    created,
    data: Array.from({ length: count }, () => ({ b64_json: png })),
    output_format: 'png',
    usage: {
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
      input_tokens_details: { text_tokens: input, image_tokens: 0 },
    },
  }
}

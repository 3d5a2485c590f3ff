import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta } from '../../canonical/chat-events.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import { decodeBlock, decodeCall, isOwnTool, notOfThisDialect } from './response.ts'
import { opaque, text } from './types.ts'

/** A block of a stream between its first and its last event. */
export interface OpenBlock {
  /** As it begins; `undefined` for one that can only be told whole. */
  readonly block: Block | undefined
  /** @throws GatewayError `upstream_error` for a delta of another kind of block. */
  grow(delta: JsonObject): readonly BlockDelta[]
  /** What is left to tell; `block` where the block could not be told before. */
  close(): { deltas: readonly BlockDelta[]; block?: Block }
}

const none: readonly BlockDelta[] = []

/** The kind of block that a `start` or, for text and reasoning, a first delta begins; none for an empty delta. */
export function openBlock(first: JsonObject): OpenBlock | undefined {
  const { toolUse, reasoningContent } = first
  if (first.text !== undefined || first.citation !== undefined)
    return first.text === '' ? undefined : new OpenText()
  if (isObject(toolUse) && isOwnTool(toolUse)) return new OpenCall(toolUse)
  if (isObject(reasoningContent)) {
    if (reasoningContent.redactedContent !== undefined) return new OpenRedacted()
    return new OpenThinking()
  }
  return Object.keys(first).length > 0 ? new OpenOpaque(first) : undefined
}

const mismatch = (type: string, delta: JsonObject) =>
  notOfThisDialect(`a delta of \`${Object.keys(delta).join()}\` for a \`${type}\` block`)

class OpenText implements OpenBlock {
  readonly block: Block = { type: 'text', text: '' }

  grow(delta: JsonObject): readonly BlockDelta[] {
    if (delta.citation !== undefined) return [{ type: 'citation', citation: opaque(delta.citation) }]
    if (typeof delta.text !== 'string') throw mismatch('text', delta)
    return delta.text === '' ? none : [{ type: 'text', text: delta.text }]
  }

  close() {
    return { deltas: none }
  }
}

class OpenCall implements OpenBlock {
  readonly block: Block
  #hasArguments = false

  constructor(toolUse: JsonObject) {
    this.block = decodeCall(toolUse)
  }

  grow(delta: JsonObject): readonly BlockDelta[] {
    if (!isObject(delta.toolUse)) throw mismatch('toolUse', delta)
    const piece = text(delta.toolUse.input)
    if (piece === '') return none
    this.#hasArguments = true
    return [{ type: 'arguments', text: piece }]
  }

  /** A call without arguments has only empty deltas, or none. */
  close() {
    return { deltas: this.#hasArguments ? none : [{ type: 'arguments', text: '{}' } as const] }
  }
}

class OpenThinking implements OpenBlock {
  readonly block: Block = { type: 'thinking', text: '' }
  #signature = ''

  grow(delta: JsonObject): readonly BlockDelta[] {
    const reasoning = delta.reasoningContent
    if (!isObject(reasoning) || reasoning.redactedContent !== undefined) throw mismatch('reasoning', delta)
    this.#signature += text(reasoning.signature)
    const piece = text(reasoning.text)
    return piece === '' ? none : [{ type: 'thinking', text: piece }]
  }

  close() {
    if (this.#signature === '') return { deltas: none }
    return { deltas: [{ type: 'signature', signature: opaque(this.#signature) } as const] }
  }
}

/** Bytes in base64, which may come in pieces. */
class OpenRedacted implements OpenBlock {
  readonly block = undefined
  readonly #pieces: string[] = []

  grow(delta: JsonObject): readonly BlockDelta[] {
    const reasoning = delta.reasoningContent
    if (!isObject(reasoning) || typeof reasoning.redactedContent !== 'string')
      throw mismatch('redacted reasoning', delta)
    this.#pieces.push(reasoning.redactedContent)
    return none
  }

  close() {
    const [only = ''] = this.#pieces
    const data =
      this.#pieces.length === 1
        ? only
        : Buffer.concat(this.#pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
    return { deltas: none, block: { type: 'redacted_thinking', data: opaque(data) } as const }
  }
}

/** What only the whole of can be told: calls of the provider's own tools, their results, images. */
class OpenOpaque implements OpenBlock {
  readonly block = undefined
  readonly #wire: JsonObject
  /** JSON text of a provider's tool's `input`, as far as it came. */
  #input = ''

  constructor(first: JsonObject) {
    this.#wire = structuredClone(first)
  }

  grow(delta: JsonObject): readonly BlockDelta[] {
    for (const [kind, more] of Object.entries(delta)) {
      const known = isObject(this.#wire[kind]) ? this.#wire[kind] : {}
      if (kind === 'toolUse' && isObject(more)) this.#input += text(more.input)
      else if (Array.isArray(more)) this.#wire[kind] = { ...known, content: [...contentOf(known), ...more] }
      else if (isObject(more)) this.#wire[kind] = { ...known, ...more }
      else this.#wire[kind] = more
    }
    return none
  }

  close() {
    if (this.#input !== '') this.#wire.toolUse = { ...(this.#wire.toolUse as JsonObject), ...this.#whole() }
    const [block] = decodeBlock(this.#wire)
    return { deltas: none, ...(block && { block }) }
  }

  /** Cut off, the text is all there is. */
  #whole(): JsonObject {
    try {
      return { input: parseJson(this.#input) }
    } catch {
      return { input: { _raw: this.#input } }
    }
  }
}

const contentOf = (known: JsonObject): unknown[] => (Array.isArray(known.content) ? known.content : [])

import type { ToolResultBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { encodeDocument, encodeImage, encodeOpaque } from './media.ts'
import type { Lost } from './types.ts'

/** What a result is written with beside the block itself. */
export interface ResultContext {
  /** The called function, which a result must name. */
  name: string
  /** Whether the model takes media inside of results. */
  takesMedia: boolean
  lost: Lost
}

export interface EncodedResult {
  part: JsonObject
  /** What the result itself cannot hold, for the user content after it. */
  beside: JsonObject[]
}

/**
 * `functionResponse`: the text under `output`, or `error` where the tool failed. It stays text even if it is JSON:
 * Google's servers hold numbers as doubles, which would change the long ones.
 */
export function encodeToolResult(block: ToolResultBlock, context: ResultContext): EncodedResult {
  const texts: string[] = []
  const within: JsonObject[] = []
  const beside: JsonObject[] = []
  let moved = 0
  for (const content of block.content) {
    if (content.type === 'text') {
      texts.push(content.text)
      continue
    }
    for (const part of encodeMedia(content, context.lost)) {
      if (typeof part.text === 'string') texts.push(part.text)
      else if (context.takesMedia && part.inlineData) within.push(part)
      else {
        const label = `File ${++moved} of tool result ${block.toolCallId}`
        texts.push(`[${label}: in the content after the results]`)
        beside.push({ text: `${label}:` }, part)
      }
    }
  }
  const key = block.isError ? 'error' : 'output'
  const functionResponse: JsonObject = {
    id: block.toolCallId,
    name: context.name,
    response: { [key]: texts.join('\n') },
    ...(within.length > 0 && { parts: within }),
  }
  return { part: { functionResponse }, beside }
}

function encodeMedia(content: ToolResultBlock['content'][number], lost: Lost): JsonObject[] {
  switch (content.type) {
    case 'text':
      return [{ text: content.text }]
    case 'image':
      return encodeImage(content, lost)
    case 'document':
      return encodeDocument(content, lost)
    case 'opaque':
      return encodeOpaque(content.block, lost)
  }
}

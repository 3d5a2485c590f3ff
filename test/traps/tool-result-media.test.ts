import { describe, expect, test } from 'vitest'
import type { AnyJson } from '../support/gateway.ts'
import type { ProviderName } from './providers/index.ts'
import { isRelayed } from './request-trap.ts'
import type { RouteName } from './routes/index.ts'
import type { Wire } from './said.ts'
import { cells, useWorld } from './world.ts'

const world = useWorld()

const png = 'iVBORw0KGgoAAAANSUhEUg=='
const pdf = 'JVBERi0xLjcKJcfsj6IK'
const pngUrl = `data:image/png;base64,${png}`
const pdfUrl = `data:application/pdf;base64,${pdf}`
// Nine letters and digits, as Mistral demands.
const id = 'call00001'

interface Medium {
  /** As each route says it within the result of a tool. */
  parts: Record<RouteName, Wire>
  /** The parts of a message as providers have them. */
  openai: Wire
  mistral: Wire
  gemini: Wire
  bedrock: Wire
  /** Cohere's results have neither, Ollama's have images. */
  ollamaImages: string[] | undefined
  word: string
  lost: Record<RouteName, string>
}

const image: Medium = {
  parts: {
    chat: { type: 'image_url', image_url: { url: pngUrl } },
    messages: { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    responses: { type: 'input_image', image_url: pngUrl, detail: 'auto' },
  },
  openai: { type: 'image_url', image_url: { url: pngUrl } },
  mistral: { type: 'image_url', image_url: { url: pngUrl } },
  gemini: { inlineData: { mimeType: 'image/png', data: png } },
  bedrock: { image: { format: 'png', source: { bytes: png } } },
  ollamaImages: [png],
  word: 'Image',
  lost: {
    chat: 'messages[].content[].image_url',
    messages: 'tool_result.image',
    responses: 'input[].output',
  },
}

const document: Medium = {
  parts: {
    chat: { type: 'file', file: { filename: 'document.pdf', file_data: pdfUrl } },
    messages: { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } },
    responses: { type: 'input_file', filename: 'document.pdf', file_data: pdfUrl },
  },
  openai: { type: 'file', file: { filename: 'document.pdf', file_data: pdfUrl } },
  mistral: { type: 'document_url', document_url: pdfUrl },
  gemini: { inlineData: { mimeType: 'application/pdf', data: pdf } },
  bedrock: { document: { format: 'pdf', name: expect.any(String), source: { bytes: pdf } } },
  ollamaImages: undefined,
  word: 'Document',
  lost: {
    chat: 'messages[].content[].file',
    messages: 'tool_result.document',
    responses: 'input[].output',
  },
}

const text = (words: string) => ({ type: 'text', text: words })
const call = { id, type: 'function', function: { name: 'look', arguments: '{"city":"Rome"}' } }

/** The history of a tool that answered with a text and something else. */
function asks(route: RouteName, { parts }: Medium): Wire {
  const question = { role: 'user', content: 'Look.' }
  switch (route) {
    case 'chat':
      return {
        messages: [
          question,
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: id, content: [text('Seen:'), parts.chat] },
        ],
      }
    case 'messages': {
      const result = { type: 'tool_result', tool_use_id: id, content: [text('Seen:'), parts.messages] }
      return {
        messages: [
          question,
          {
            role: 'assistant',
            content: [{ type: 'tool_use', id, name: 'look', input: { city: 'Rome' } }],
          },
          { role: 'user', content: [result] },
        ],
      }
    }
    case 'responses':
      return {
        input: [
          question,
          { type: 'function_call', call_id: id, name: 'look', arguments: '{"city":"Rome"}' },
          {
            type: 'function_call_output',
            call_id: id,
            output: [{ type: 'input_text', text: 'Seen:' }, parts.responses],
          },
        ],
      }
  }
}

/** A result that holds text alone, and what it names in a turn of the user after it. */
function beside(word: string, part: Wire, between: unknown[] = []): unknown[] {
  const label = `${word} 1 of tool result ${id}`
  const note = text(`[${label}: in the user message below]`)
  return [
    { role: 'tool', tool_call_id: id, content: [text('Seen:'), note] },
    ...between,
    { role: 'user', content: [text(`${label}:`), part] },
  ]
}

/** What each provider gets after the call. */
function expected(provider: ProviderName, medium: Medium, isNamed: boolean): unknown[] {
  const { word } = medium
  const after = (route: 'messages' | 'responses', field: string) =>
    (asks(route, medium)[field] as unknown[]).slice(2)
  switch (provider) {
    case 'openai':
    case 'compatible':
      return beside(word, medium.openai)
    case 'mistral': {
      const name = isNamed && word === 'Document' ? { document_name: 'document.pdf' } : {}
      // Mistral takes no turn of the user right after a tool's.
      return beside(word, { ...medium.mistral, ...name }, [expect.objectContaining({ role: 'assistant' })])
    }
    case 'responses':
      return after('responses', 'input')
    case 'anthropic': {
      const title = isNamed && word === 'Document' ? { title: 'document.pdf' } : {}
      const content = [text('Seen:'), { ...medium.parts.messages, ...title }]
      return [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content }] }]
    }
    case 'gemini':
      return geminiResult(medium, isNamed && word === 'Document')
    case 'bedrock':
      return [
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: id, content: [{ text: 'Seen:' }, medium.bedrock] } }],
        },
      ]
    case 'cohere':
      return [{ role: 'tool', tool_call_id: id, content: 'Seen:' }]
    case 'ollama': {
      const images = medium.ollamaImages && { images: medium.ollamaImages }
      return [{ role: 'tool', content: 'Seen:', ...images, tool_name: 'look', tool_call_id: id }]
    }
  }
}

/** Before generation 3 results hold text alone. */
function geminiResult(medium: Medium, isNamed: boolean): unknown[] {
  const label = `File 1 of tool result ${id}`
  const name = isNamed ? '\ndocument.pdf' : ''
  const response = { output: `Seen:${name}\n[${label}: in the content after the results]` }
  return [
    { role: 'user', parts: [{ functionResponse: { id, name: 'look', response } }] },
    { role: 'user', parts: [{ text: `${label}:` }, medium.gemini] },
  ]
}

const turns = (body: AnyJson): unknown[] => body.messages ?? body.input ?? body.contents
const loses = (provider: ProviderName, { ollamaImages }: Medium): boolean =>
  provider === 'cohere' || (provider === 'ollama' && !ollamaImages)

describe.each([
  ['an image', image],
  ['a PDF', document],
])('%s inside a tool result', (_name, medium) => {
  test.each(cells)('$route to $provider', async (cell) => {
    const { route, provider } = cell
    const asked = asks(route, medium)
    const { body, dropped } = await world.send(cell, asked)
    if (isRelayed(cell)) {
      expect(body).toMatchObject(asked)
      return
    }
    // Anthropic's document has no name here.
    expect(turns(body).slice(2)).toEqual(expected(provider, medium, route !== 'messages'))
    expect(dropped).toEqual(loses(provider, medium) ? [medium.lost[route]] : [])
  })
})

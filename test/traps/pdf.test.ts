import { describe, expect } from 'vitest'
import { testRequest, type Got, type RequestTrap } from './request-trap.ts'
import { useWorld } from './world.ts'

const world = useWorld()

const pdf = 'JVBERi0xLjcKJcfsj6IK'
const dataUrl = `data:application/pdf;base64,${pdf}`
const address = 'https://example.com/papers/a.pdf'
const question = 'What is in it?'

const user = (content: unknown) => ({ role: 'user', content })
const text = { type: 'text', text: question }
const messages = (...parts: unknown[]) => ({ messages: [user(parts)] })

/** As each route says it, before a question. */
const byValue = {
  chat: messages({ type: 'file', file: { filename: 'a.pdf', file_data: dataUrl } }, text),
  messages: messages(
    {
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: pdf },
    },
    text,
  ),
  responses: {
    input: [
      user([
        { type: 'input_file', filename: 'a.pdf', file_data: dataUrl },
        { type: 'input_text', text: question },
      ]),
    ],
  },
}
const byAddress = {
  messages: messages({ type: 'document', source: { type: 'url', url: address } }, text),
  responses: {
    input: [
      user([
        { type: 'input_file', file_url: address },
        { type: 'input_text', text: question },
      ]),
    ],
  },
}

/** The question goes on without it, and the caller is told. */
const lost = (dropped: Got['dropped']): Got => ({ body: { messages: [user(question)] }, dropped })

describe('a PDF', () => {
  const lostValue = lost({
    chat: ['messages[].content[].file'],
    messages: ['document'],
    responses: ['input[].content[].file_data'],
  })
  const gets: RequestTrap['gets'] = {
    openai: { body: byValue.chat },
    compatible: { body: byValue.chat },
    responses: { body: byValue.responses },
    anthropic: { body: byValue.messages },
    gemini: {
      body: {
        contents: [
          {
            role: 'user',
            parts: [
              { text: 'a.pdf' },
              { inlineData: { mimeType: 'application/pdf', data: pdf } },
              { text: question },
            ],
          },
        ],
      },
    },
    bedrock: {
      body: {
        messages: [
          user([
            { document: { format: 'pdf', name: expect.any(String), source: { bytes: pdf } } },
            { text: question },
          ]),
        ],
      },
    },
    cohere: lostValue,
    mistral: {
      body: messages({ type: 'document_url', document_url: dataUrl, document_name: 'a.pdf' }, text),
    },
    ollama: lostValue,
  }
  testRequest(world, { name: 'by value', asks: byValue, gets })
})

/** OpenAI's chats have no such part. */
describe('a PDF at an address', () => {
  const lostAddress = lost({ messages: ['document'], responses: ['input[].content[].file_url'] })
  testRequest(world, {
    name: 'by address',
    asks: byAddress,
    gets: {
      openai: lostAddress,
      compatible: lostAddress,
      responses: { body: byAddress.responses },
      anthropic: { body: byAddress.messages },
      gemini: {
        body: {
          contents: [
            {
              role: 'user',
              parts: [{ fileData: { mimeType: 'application/pdf', fileUri: address } }, { text: question }],
            },
          ],
        },
      },
      bedrock: { ...lostAddress, body: { messages: [user([{ text: question }])] } },
      cohere: lostAddress,
      mistral: { body: messages({ type: 'document_url', document_url: address }, text) },
      ollama: lostAddress,
    },
  })
})

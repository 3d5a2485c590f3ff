import { describe } from 'vitest'
import { testRequest } from './request-trap.ts'
import { useWorld } from './world.ts'

const world = useWorld()

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: ['integer', 'null'] } },
  required: ['city', 'days'],
  additionalProperties: false,
}
const named = { name: 'trip', schema, strict: true }
const asText = { type: 'json_schema', json_schema: named }

describe('json_schema', () => {
  testRequest(world, {
    name: 'with its name',
    asks: {
      chat: { response_format: asText },
      responses: { text: { format: { type: 'json_schema', ...named } } },
    },
    gets: {
      openai: { body: { response_format: asText } },
      compatible: { body: { response_format: asText } },
      responses: { body: { text: { format: { type: 'json_schema', ...named } } } },
      anthropic: { body: { output_config: { format: { type: 'json_schema', schema } } } },
      gemini: {
        body: { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema } },
      },
      bedrock: {
        body: {
          outputConfig: {
            textFormat: {
              type: 'json_schema',
              structure: { jsonSchema: { name: 'trip', schema: JSON.stringify(schema) } },
            },
          },
        },
      },
      cohere: { body: { response_format: { type: 'json_object', json_schema: schema } } },
      mistral: { body: { response_format: asText } },
      ollama: { body: { format: schema } },
    },
  })

  /** Anthropic's has no name, which OpenAI's APIs demand. */
  const nameless = { name: 'response', schema }
  testRequest(world, {
    name: "Anthropic's, which has no name",
    asks: { messages: { output_config: { format: { type: 'json_schema', schema } } } },
    gets: {
      openai: { body: { response_format: { type: 'json_schema', json_schema: nameless } } },
      compatible: { body: { response_format: { type: 'json_schema', json_schema: nameless } } },
      responses: { body: { text: { format: { type: 'json_schema', ...nameless } } } },
      anthropic: {},
      gemini: { body: { generationConfig: { responseJsonSchema: schema } } },
      bedrock: {
        body: {
          outputConfig: { textFormat: { structure: { jsonSchema: { schema: JSON.stringify(schema) } } } },
        },
      },
      cohere: { body: { response_format: { type: 'json_object', json_schema: schema } } },
      mistral: { body: { response_format: { type: 'json_schema', json_schema: nameless } } },
      ollama: { body: { format: schema } },
    },
  })
})

describe('json_object', () => {
  const format = { type: 'json_object' }
  const lost = { dropped: { chat: ['response_format'], responses: ['text.format'] } }
  testRequest(world, {
    name: 'of any shape',
    asks: { chat: { response_format: format }, responses: { text: { format } } },
    gets: {
      openai: { body: { response_format: format } },
      compatible: { body: { response_format: format } },
      responses: { body: { text: { format } } },
      anthropic: { ...lost, without: ['output_config'] },
      gemini: { body: { generationConfig: { responseMimeType: 'application/json' } } },
      bedrock: { ...lost, without: ['outputConfig'] },
      cohere: { body: { response_format: format } },
      mistral: { body: { response_format: format } },
      ollama: { body: { format: 'json' } },
    },
  })
})

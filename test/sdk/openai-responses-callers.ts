import type OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { aiCaller, aiProviders } from './callers/ai.ts'
import { openaiClient } from './callers/openai.ts'
import type { Address, Ask, Caller, Part, Told, Turn } from './conversation.ts'

type Items = OpenAI.Responses.ResponseInput
type Response = OpenAI.Responses.Response

/** The official `openai` package, responses. */
export function responsesCaller(address: Address): Caller {
  const { responses } = openaiClient(address)
  return {
    async ask(model, ask, options) {
      if (!ask.schema) return told(await responses.create(body(model, ask), options))
      const parsed = await responses.parse(body(model, ask), options)
      return { ...told(parsed), value: parsed.output_parsed }
    },
    streams: {
      async 'responses.create({ stream: true })'(model, ask, options) {
        let pieces = 0
        let last: Response | undefined
        const stream = await responses.create({ ...body(model, ask), stream: true }, options)
        for await (const event of stream) {
          if (event.type === 'response.output_text.delta' && event.delta !== '') pieces++
          if (event.type === 'response.completed' || event.type === 'response.incomplete')
            last = event.response
        }
        return { ...told(last!), pieces }
      },
      async 'responses.stream()'(model, ask, options) {
        let pieces = 0
        const stream = responses.stream({ ...body(model, ask), stream: true }, options)
        stream.on('response.output_text.delta', () => pieces++)
        const response = await stream.finalResponse()
        return { ...told(response), pieces, ...(ask.schema && { value: response.output_parsed }) }
      },
    },
  }
}

/** The Vercel AI SDK, whose models of OpenAI speak to this API. */
export const aiResponsesCaller = (address: Address): Caller =>
  aiCaller((name) => aiProviders.openai(address).responses(name))

function body(model: string, ask: Ask): OpenAI.Responses.ResponseCreateParamsNonStreaming {
  return {
    model,
    input: ask.turns.flatMap(items),
    max_output_tokens: ask.maxTokens,
    ...(ask.system !== undefined && { instructions: ask.system }),
    ...(ask.temperature !== undefined && { temperature: ask.temperature }),
    ...(ask.tools && {
      tools: ask.tools.map(({ name, description, input }) => ({
        type: 'function',
        name,
        description,
        parameters: z.toJSONSchema(input),
        strict: null,
      })),
    }),
    ...(ask.toolChoice && {
      tool_choice: ask.toolChoice === 'required' ? 'required' : { type: 'function', ...ask.toolChoice },
    }),
    ...(ask.schema && { text: { format: zodTextFormat(ask.schema, 'answer') } }),
  }
}

function items(turn: Turn): Items {
  switch (turn.role) {
    case 'user':
      return [{ role: 'user', content: turn.parts.map(part) }]
    case 'assistant':
      return [
        ...(turn.text === undefined ? [] : [{ role: 'assistant' as const, content: turn.text }]),
        ...(turn.calls ?? []).map(({ id, name, input }) => ({
          type: 'function_call' as const,
          call_id: id,
          name,
          arguments: JSON.stringify(input),
        })),
      ]
    case 'tools':
      return turn.results.map(({ id, text, image }) => ({
        type: 'function_call_output',
        call_id: id,
        output: image ? [part({ type: 'text', text }), part({ type: 'image', ...image })] : text,
      }))
  }
}

function part(value: Part) {
  switch (value.type) {
    case 'text':
      return { type: 'input_text' as const, text: value.text }
    case 'image':
      return imagePart(`data:${value.mediaType};base64,${value.data}`)
    case 'image-url':
      return imagePart(value.url)
    case 'pdf':
      return {
        type: 'input_file' as const,
        filename: value.name,
        file_data: `data:application/pdf;base64,${value.data}`,
      }
  }
}

const imagePart = (url: string) => ({
  type: 'input_image' as const,
  detail: 'auto' as const,
  image_url: url,
})

function told({ output, status, usage }: Response): Told {
  const calls = output.filter((item) => item.type === 'function_call')
  const thoughts = output.filter((item) => item.type === 'reasoning')
  // Whole answers have it as `output_text`, which no event of a stream has.
  const parts = output.filter((item) => item.type === 'message').flatMap(({ content }) => content)
  return {
    thinking: thoughts.flatMap(({ summary }) => summary.map((each) => each.text)).join(''),
    text: parts.map((each) => (each.type === 'output_text' ? each.text : '')).join(''),
    calls: calls.map((call) => ({
      id: call.call_id,
      name: call.name,
      input: JSON.parse(call.arguments) as Record<string, unknown>,
    })),
    finish: status === 'incomplete' ? 'length' : calls.length > 0 ? 'tool-calls' : 'stop',
    usage: {
      input: usage?.input_tokens ?? NaN,
      cached: usage?.input_tokens_details.cached_tokens ?? 0,
      output: usage?.output_tokens ?? NaN,
    },
  }
}

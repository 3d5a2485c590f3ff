import Anthropic from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { z } from 'zod'
import type { Address, Ask, Caller, Part, Told, ToolCall, Turn } from '../conversation.ts'

export const anthropicClient = ({ url, key }: Address, options: Record<string, unknown> = {}): Anthropic =>
  new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, ...options })

/** The official `@anthropic-ai/sdk` package. */
export function anthropicCaller(address: Address): Caller {
  const { messages } = anthropicClient(address)
  return {
    async ask(model, ask, options) {
      if (!ask.schema) return told(await messages.create(body(model, ask), options))
      const parsed = await messages.parse(body(model, ask), options)
      return { ...told(parsed), value: parsed.parsed_output }
    },
    streams: {
      async 'messages.create({ stream: true })'(model, ask, options) {
        return addUp(await messages.create({ ...body(model, ask), stream: true }, options))
      },
      async 'messages.stream()'(model, ask, options) {
        const stream = messages.stream(body(model, ask), options)
        let pieces = 0
        stream.on('text', () => pieces++)
        const message = await stream.finalMessage()
        const value: unknown = message.parsed_output ?? undefined
        return { ...told(message), pieces, ...(ask.schema && { value }) }
      },
    },
  }
}

function body(model: string, ask: Ask): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model,
    max_tokens: ask.maxTokens,
    messages: ask.turns.map(message),
    ...(ask.system !== undefined && { system: ask.system }),
    ...(ask.temperature !== undefined && { temperature: ask.temperature }),
    ...(ask.stop && { stop_sequences: ask.stop }),
    ...(ask.tools && {
      tools: ask.tools.map(({ name, description, input }) => ({
        name,
        description,
        input_schema: z.toJSONSchema(input) as Anthropic.Tool.InputSchema,
      })),
    }),
    ...(ask.toolChoice && {
      tool_choice:
        ask.toolChoice === 'required' ? { type: 'any' } : { type: 'tool', name: ask.toolChoice.name },
    }),
    ...(ask.schema && { output_config: { format: zodOutputFormat(ask.schema) } }),
  }
}

function message(turn: Turn): Anthropic.MessageParam {
  switch (turn.role) {
    case 'user':
      return { role: 'user', content: turn.parts.map(part) }
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(turn.text === undefined ? [] : [{ type: 'text' as const, text: turn.text }]),
          ...(turn.calls ?? []).map((call) => ({ type: 'tool_use' as const, ...call })),
        ],
      }
    case 'tools':
      return {
        role: 'user',
        content: turn.results.map(({ id, text, image }) => ({
          type: 'tool_result',
          tool_use_id: id,
          content: image
            ? [{ type: 'text', text }, part({ type: 'image', ...image }) as Anthropic.ImageBlockParam]
            : text,
        })),
      }
  }
}

function part(
  value: Part,
): Anthropic.TextBlockParam | Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam {
  switch (value.type) {
    case 'text':
      return value
    case 'image': {
      const media_type = value.mediaType as Anthropic.Base64ImageSource['media_type']
      return { type: 'image', source: { type: 'base64', media_type, data: value.data } }
    }
    case 'image-url':
      return { type: 'image', source: { type: 'url', url: value.url } }
    case 'pdf':
      return {
        type: 'document',
        title: value.name,
        source: { type: 'base64', media_type: 'application/pdf', data: value.data },
      }
  }
}

const finishes: Record<string, string> = { end_turn: 'stop', max_tokens: 'length', tool_use: 'tool-calls' }

function told({ content, stop_reason, usage }: Anthropic.Message): Told {
  const texts = content.filter((block) => block.type === 'text')
  const thoughts = content.filter((block) => block.type === 'thinking')
  const calls = content.filter((block) => block.type === 'tool_use')
  return {
    thinking: thoughts.map(({ thinking }) => thinking).join(''),
    text: texts.map(({ text }) => text).join(''),
    calls: calls.map(({ id, name, input }) => ({ id, name, input: input as ToolCall['input'] })),
    finish: finishes[stop_reason ?? ''] ?? `${stop_reason}`,
    usage: tokens(usage),
  }
}

const tokens = (usage: Anthropic.Usage): Told['usage'] => ({
  input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
  cached: usage.cache_read_input_tokens ?? 0,
  output: usage.output_tokens,
})

/** Events put together by hand, as callers without the helper do. */
async function addUp(
  events: AsyncIterable<Anthropic.RawMessageStreamEvent>,
): Promise<Told & { pieces: number }> {
  let message: Anthropic.Message | undefined
  const json: string[] = []
  let pieces = 0
  let isOver = false
  for await (const event of events) {
    if (event.type === 'message_start') message = event.message
    else if (event.type === 'content_block_start') message!.content[event.index] = event.content_block
    else if (event.type === 'content_block_delta') {
      const block = message!.content[event.index]!
      const { delta } = event
      if (delta.type === 'text_delta' && block.type === 'text') {
        block.text += delta.text
        pieces++
      } else if (delta.type === 'thinking_delta' && block.type === 'thinking')
        block.thinking += delta.thinking
      else if (delta.type === 'input_json_delta')
        json[event.index] = (json[event.index] ?? '') + delta.partial_json
    } else if (event.type === 'message_delta') {
      message!.stop_reason = event.delta.stop_reason
      Object.assign(message!.usage, withoutNulls(event.usage))
    } else if (event.type === 'message_stop') isOver = true
  }
  if (!isOver) throw new Error('the stream has no message_stop')
  message!.content.forEach((block, index) => {
    if (block.type === 'tool_use') block.input = JSON.parse(json[index] || '{}')
  })
  return { ...told(message!), pieces }
}

const withoutNulls = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined))

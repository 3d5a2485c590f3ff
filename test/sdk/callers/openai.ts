import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import type { Address, Ask, Caller, Part, Told, ToolCall, Turn } from '../conversation.ts'

type Completion = OpenAI.ChatCompletion
type Message = OpenAI.ChatCompletionMessageParam

export const openaiClient = ({ url, key }: Address, options: Record<string, unknown> = {}): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, ...options })

/** The official `openai` package, chat completions. */
export function openaiCaller(address: Address): Caller {
  const { chat } = openaiClient(address)
  return {
    async ask(model, ask, options) {
      if (!ask.schema) return told(await chat.completions.create(body(model, ask), options))
      const parsed = await chat.completions.parse(body(model, ask), options)
      return { ...told(parsed), value: parsed.choices[0]?.message.parsed }
    },
    streams: {
      async 'chat.completions.create({ stream: true })'(model, ask, options) {
        const chunks = await chat.completions.create(
          { ...body(model, ask), stream: true, ...withUsage },
          options,
        )
        return addUp(chunks)
      },
      async 'chat.completions.stream()'(model, ask, options) {
        const stream = chat.completions.stream({ ...body(model, ask), stream: true, ...withUsage }, options)
        let pieces = 0
        let thinking = ''
        stream.on('content', () => pieces++)
        // Of a field that it does not know the helper's message keeps the last piece alone.
        stream.on('chunk', ({ choices: [choice] }) => {
          thinking += (choice?.delta as WithReasoning | undefined)?.reasoning_content ?? ''
        })
        const completion = await stream.finalChatCompletion()
        const value: unknown = completion.choices[0]?.message.parsed ?? undefined
        return { ...told(completion), thinking, pieces, ...(ask.schema && { value }) }
      },
    },
  }
}

const withUsage = { stream_options: { include_usage: true } }

function body(model: string, ask: Ask): OpenAI.ChatCompletionCreateParamsNonStreaming {
  return {
    model,
    messages: [
      ...(ask.system === undefined ? [] : [{ role: 'system', content: ask.system } as const]),
      ...ask.turns.flatMap(messages),
    ],
    max_completion_tokens: ask.maxTokens,
    ...(ask.temperature !== undefined && { temperature: ask.temperature }),
    ...(ask.stop && { stop: ask.stop }),
    ...(ask.tools && {
      tools: ask.tools.map(({ name, description, input }) => ({
        type: 'function',
        function: { name, description, parameters: z.toJSONSchema(input) },
      })),
    }),
    ...(ask.toolChoice && {
      tool_choice:
        ask.toolChoice === 'required' ? 'required' : { type: 'function', function: ask.toolChoice },
    }),
    ...(ask.schema && { response_format: zodResponseFormat(ask.schema, 'answer') }),
  }
}

function messages(turn: Turn): Message[] {
  switch (turn.role) {
    case 'user':
      return [{ role: 'user', content: turn.parts.map(part) }]
    case 'assistant':
      return [
        {
          role: 'assistant',
          content: turn.text ?? null,
          ...(turn.calls && {
            tool_calls: turn.calls.map(({ id, name, input }) => ({
              id,
              type: 'function' as const,
              function: { name, arguments: JSON.stringify(input) },
            })),
          }),
        },
      ]
    case 'tools':
      return turn.results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }))
  }
}

function part(value: Part): OpenAI.ChatCompletionContentPart {
  switch (value.type) {
    case 'text':
      return value
    case 'image':
      return { type: 'image_url', image_url: { url: `data:${value.mediaType};base64,${value.data}` } }
    case 'image-url':
      return { type: 'image_url', image_url: { url: value.url } }
    case 'pdf':
      return {
        type: 'file',
        file: { filename: value.name, file_data: `data:application/pdf;base64,${value.data}` },
      }
  }
}

/** The package has no type for the gateway's field; it hands on what it gets. */
interface WithReasoning {
  reasoning_content?: string
}

function told(completion: Completion): Told {
  const choice = completion.choices[0]!
  const calls = (choice.message.tool_calls ?? []).filter((call) => call.type === 'function')
  return {
    thinking: (choice.message as WithReasoning).reasoning_content ?? '',
    text: choice.message.content ?? '',
    calls: calls.map((call) => toolCall(call.id, call.function.name, call.function.arguments)),
    finish: choice.finish_reason.replace('_', '-'),
    usage: tokens(completion.usage),
  }
}

const toolCall = (id: string, name: string, json: string): ToolCall => ({
  id,
  name,
  input: JSON.parse(json) as Record<string, unknown>,
})

const tokens = (usage: OpenAI.CompletionUsage | undefined | null): Told['usage'] => ({
  input: usage?.prompt_tokens ?? NaN,
  cached: usage?.prompt_tokens_details?.cached_tokens ?? 0,
  output: usage?.completion_tokens ?? NaN,
})

/** Chunks put together by hand, as callers without the helper do. */
async function addUp(chunks: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<Told & { pieces: number }> {
  const whole = { thinking: '', text: '', finish: '', usage: tokens(undefined), pieces: 0 }
  const calls: { id: string; name: string; json: string }[] = []
  for await (const { choices, usage } of chunks) {
    if (usage) whole.usage = tokens(usage)
    const [choice] = choices
    if (!choice) continue
    whole.thinking += (choice.delta as WithReasoning).reasoning_content ?? ''
    whole.text += choice.delta.content ?? ''
    if (choice.delta.content) whole.pieces++
    for (const { index, id, function: called } of choice.delta.tool_calls ?? []) {
      const call = (calls[index] ??= { id: '', name: '', json: '' })
      call.id += id ?? ''
      call.name += called?.name ?? ''
      call.json += called?.arguments ?? ''
    }
    if (choice.finish_reason) whole.finish = choice.finish_reason.replace('_', '-')
  }
  return { ...whole, calls: calls.map(({ id, name, json }) => toolCall(id, name, json)) }
}

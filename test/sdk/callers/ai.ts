import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  generateText,
  Output,
  streamText,
  tool,
  type LanguageModel,
  type ModelMessage,
  type UserContent,
} from 'ai'
import type { Address, Ask, Caller, CallOptions, Part, Told, ToolResult, Turn } from '../conversation.ts'

type Model = Exclude<LanguageModel, string>

/** The Vercel AI SDK's ways to a gateway, as its documentation shows them. */
export const aiProviders = {
  openai({ url, key }: Address) {
    return createOpenAI({ baseURL: `${url}/v1`, apiKey: key })
  },
  compatible({ url, key }: Address) {
    return createOpenAICompatible({
      name: 'gateway',
      baseURL: `${url}/v1`,
      apiKey: key,
      includeUsage: true,
      supportsStructuredOutputs: true,
      supportsMultiPartToolContent: true,
      // Otherwise `ai` fetches an image itself and sends its bytes.
      supportedUrls: () => ({ 'image/*': [/^https:/] }),
    })
  },
  /** Unlike Anthropic's own package it wants the `/v1`. */
  anthropic({ url, key }: Address) {
    return createAnthropic({ baseURL: `${url}/v1`, apiKey: key })
  },
}

/** The Vercel AI SDK over one of its providers. */
export function aiCaller(modelOf: (name: string) => Model): Caller {
  return {
    async ask(model, ask, options) {
      const result = await generateText(settings(modelOf(model), ask, options))
      return { ...told(result), ...(ask.schema && { value: result.output }) }
    },
    streams: {
      async streamText(model, ask, options) {
        let failure: { error: unknown } | undefined
        const result = streamText({
          ...settings(modelOf(model), ask, options),
          onError: ({ error }) => void (failure ??= { error }),
        })
        let pieces = 0
        for await (const part of result.fullStream)
          if (part.type === 'text-delta' && part.text !== '') pieces++
        if (failure) throw failure.error
        const whole = {
          reasoningText: await result.reasoningText,
          text: await result.text,
          toolCalls: await result.toolCalls,
          finishReason: await result.finishReason,
          usage: await result.usage,
        }
        return { ...told(whole), pieces, ...(ask.schema && { value: await result.output }) }
      },
    },
  }
}

function settings(model: Model, ask: Ask, { signal }: CallOptions = {}) {
  const tools = ask.tools?.map(({ name, description, input }) => [
    name,
    tool({ description, inputSchema: input }),
  ])
  return {
    model,
    ...(ask.system !== undefined && { instructions: ask.system }),
    messages: ask.turns.map(message),
    maxOutputTokens: ask.maxTokens,
    maxRetries: 0,
    ...(signal && { abortSignal: signal }),
    ...(ask.temperature !== undefined && { temperature: ask.temperature }),
    ...(ask.stop && { stopSequences: ask.stop }),
    ...(tools && { tools: Object.fromEntries(tools) as Record<string, ReturnType<typeof tool>> }),
    ...(ask.toolChoice && {
      toolChoice:
        ask.toolChoice === 'required'
          ? ('required' as const)
          : ({ type: 'tool', toolName: ask.toolChoice.name } as const),
    }),
    ...(ask.schema && { output: Output.object({ schema: ask.schema }) }),
    // Otherwise its Anthropic provider asks models that it does not know by a tool, which has a test of its own.
    providerOptions: { anthropic: { structuredOutputMode: 'outputFormat' as const } },
  }
}

function message(turn: Turn): ModelMessage {
  switch (turn.role) {
    case 'user':
      return { role: 'user', content: turn.parts.map(part) }
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(turn.text === undefined ? [] : [{ type: 'text' as const, text: turn.text }]),
          ...(turn.calls ?? []).map(({ id, name, input }) => ({
            type: 'tool-call' as const,
            toolCallId: id,
            toolName: name,
            input,
          })),
        ],
      }
    case 'tools':
      return {
        role: 'tool',
        content: turn.results.map((result) => ({
          type: 'tool-result',
          toolCallId: result.id,
          toolName: result.name,
          output: output(result),
        })),
      }
  }
}

function output({ text, image }: ToolResult) {
  if (!image) return { type: 'text' as const, value: text }
  const file = {
    type: 'file' as const,
    mediaType: image.mediaType,
    data: { type: 'data' as const, data: image.data },
  }
  return { type: 'content' as const, value: [{ type: 'text' as const, text }, file] }
}

function part(value: Part): Exclude<UserContent, string>[number] {
  switch (value.type) {
    case 'text':
      return value
    case 'image':
      return { type: 'file', mediaType: value.mediaType, data: value.data }
    case 'image-url':
      return { type: 'file', mediaType: 'image/*', data: new URL(value.url) }
    case 'pdf':
      return { type: 'file', mediaType: 'application/pdf', data: value.data, filename: value.name }
  }
}

interface AiResult {
  reasoningText: string | undefined
  text: string
  toolCalls: readonly { toolCallId: string; toolName: string; input: unknown }[]
  finishReason: string
  usage: {
    inputTokens: number | undefined
    inputTokenDetails: { cacheReadTokens: number | undefined }
    outputTokens: number | undefined
  }
}

const told = ({ reasoningText, text, toolCalls, finishReason, usage }: AiResult): Told => ({
  thinking: reasoningText ?? '',
  text,
  calls: toolCalls.map(({ toolCallId, toolName, input }) => ({
    id: toolCallId,
    name: toolName,
    input: input as Record<string, unknown>,
  })),
  finish: finishReason,
  usage: {
    input: usage.inputTokens ?? NaN,
    cached: usage.inputTokenDetails.cacheReadTokens ?? 0,
    output: usage.outputTokens ?? NaN,
  },
})

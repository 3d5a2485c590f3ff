import { errorOf, readJson, send } from '../client.ts'
import { CliError, exitCodes, print } from '../io.ts'
import type { CommandContext } from '../io.ts'

interface ChatOptions {
  model: string
  system?: string
  stream?: boolean
  temperature: number
  maxTokens?: number
}

interface Answer {
  choices?: { message?: { content?: string | null; refusal?: string | null } }[]
}

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[]
}

export async function chat(context: CommandContext, message: string, options: ChatOptions): Promise<void> {
  const { model, system, stream = false, temperature, maxTokens } = options
  const body = {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: message },
    ],
    temperature,
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(stream && { stream }),
  }
  const response = await send(context, { path: '/v1/chat/completions', body })
  if (stream) return printStream(context, response)
  const answer = (await readJson(response)) as Answer | null
  const said = answer?.choices?.[0]?.message
  if (said === undefined) throw new CliError(exitCodes.failed, 'The answer holds no message.')
  print(context, answer, said.content ?? said.refusal ?? '')
}

/** Text as it arrives; with --json, one event per line. */
async function printStream({ io, json }: CommandContext, response: Response): Promise<void> {
  let isFinished = false
  let endsLine = true
  try {
    for await (const data of eventData(response)) {
      const choice = data === '[DONE]' ? undefined : readChunk(data).choices?.[0]
      isFinished ||= data === '[DONE]' || typeof choice?.finish_reason === 'string'
      const text = json && data !== '[DONE]' ? `${data}\n` : (choice?.delta?.content ?? '')
      if (text === '') continue
      io.stdout.write(text)
      endsLine = text.endsWith('\n')
    }
  } finally {
    if (!endsLine) io.stdout.write('\n')
  }
  if (!isFinished) throw new CliError(exitCodes.failed, 'The answer was cut off before its end.')
}

function readChunk(data: string): Chunk {
  const { message, code } = errorOf(data)
  if (message !== undefined)
    throw new CliError(exitCodes.failed, `The answer broke off${code ? `, ${code}` : ''}: ${message}`, {
      code,
    })
  try {
    return (JSON.parse(data) ?? {}) as Chunk
  } catch {
    throw new CliError(exitCodes.failed, 'The answer holds an event that is not JSON.')
  }
}

/** The data of each event; the gateway writes one line of it per event. */
async function* eventData(response: Response): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + text).split(/\r?\n/)
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim()
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(exitCodes.failed, 'The connection was cut in the middle of the answer.')
  }
}

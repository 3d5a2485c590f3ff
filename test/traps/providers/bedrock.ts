import { encodeEvent, encodeException } from '../../support/aws-event-stream.ts'
import { finishOf, inputOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { wordFor, type ProviderWire } from './provider-wire.ts'

const usage = {
  inputTokens: tokens.prompt - tokens.cached,
  cacheReadInputTokens: tokens.cached,
  outputTokens: tokens.output,
  totalTokens: tokens.prompt + tokens.output,
}

interface Block {
  start?: Wire
  deltas: Wire[]
}

const callBlock = ({ id, name, pieces }: SaidCall): Block => ({
  start: { toolUse: { toolUseId: id, name } },
  deltas: pieces.map((input) => ({ toolUse: { input } })),
})

/** Text has no `contentBlockStart`. */
const blockFrames = ({ start, deltas }: Block, contentBlockIndex: number): Buffer[] => [
  ...(start ? [encodeEvent('contentBlockStart', { contentBlockIndex, start })] : []),
  ...deltas.map((delta) => encodeEvent('contentBlockDelta', { contentBlockIndex, delta })),
  encodeEvent('contentBlockStop', { contentBlockIndex }),
]

function stream(said: Said): Buffer[] {
  const { texts = [], calls = [] } = said
  const spoken: Block[] = texts.length > 0 ? [{ deltas: texts.map((text) => ({ text })) }] : []
  return [
    encodeEvent('messageStart', { role: 'assistant' }),
    ...[...spoken, ...calls.map(callBlock)].flatMap(blockFrames),
    encodeEvent('messageStop', { stopReason: wordFor(bedrockWire, finishOf(said)) }),
    encodeEvent('metadata', { usage, metrics: { latencyMs: 10 } }),
  ]
}

/** Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html (checked 2026-11-21). */
export const bedrockWire: ProviderWire = {
  entry: { type: 'bedrock', aws_region: 'us-east-1' },
  model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  streamType: 'application/vnd.amazon.eventstream',
  json(said) {
    const text = textOf(said)
    const content = [
      ...(text === '' ? [] : [{ text }]),
      ...(said.calls ?? []).map((call) => ({
        toolUse: { toolUseId: call.id, name: call.name, input: inputOf(call) },
      })),
    ]
    return {
      output: { message: { role: 'assistant', content } },
      stopReason: wordFor(bedrockWire, finishOf(said)),
      usage,
      metrics: { latencyMs: 10 },
    }
  },
  stream,
  unknownEvent: encodeEvent('contentNovelty', { a: 1 }),
  failure: (message) => encodeException('internalServerException', message),
  error: (message) => ({ message }),
  finishes: {
    stop: 'end_turn',
    stop_sequence: 'stop_sequence',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    content_filter: 'guardrail_intervened',
  },
}

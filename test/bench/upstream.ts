/**
 * The provider of the bench: a raw TCP server that reads a whole HTTP request and answers canned bytes, so
 * cheap that the server under test stays the bottleneck. It must see well-formed requests only.
 *
 * Run as `node upstream.ts`; it prints `listening PORT`. Everything paced hangs on one shared timer.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import {
  chatAnswer,
  embeddingAnswer,
  models,
  streamAnswer,
  type StreamAnswer,
  type Wire,
} from './payloads.ts'

/** `gapTicks`: ticks between two events of one stream. */
type Answer = { kind: 'whole'; bytes: Buffer } | { kind: 'paced'; writes: Buffer[]; gapTicks: number }

const tickMs = 1
const pacedGapTicks = 20
const openGapTicks = 500

/** The time keeps idle pools open between two legs: reconnecting isn't what is measured. */
const commonHead = 'HTTP/1.1 200 OK\r\nx-request-id: req_bench\r\nkeep-alive: timeout=300\r\n'
const jsonHead = (length: number): string =>
  `${commonHead}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n`
const streamHead =
  `${commonHead}content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n` +
  'transfer-encoding: chunked\r\n\r\n'

const chunked = (data: string): string => `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`

function whole(body: Buffer): Answer {
  return { kind: 'whole', bytes: Buffer.concat([Buffer.from(jsonHead(body.length)), body]) }
}

function burst(stream: StreamAnswer): Answer {
  const events = [stream.head, ...stream.textEvents, stream.tail]
  return { kind: 'whole', bytes: Buffer.from(`${streamHead}${events.map(chunked).join('')}0\r\n\r\n`) }
}

/** The first write goes at once; the tail leaves with the last text event. */
function paced(stream: StreamAnswer, gapTicks: number): Answer {
  const writes = stream.textEvents.map((event) => Buffer.from(chunked(event)))
  writes.unshift(Buffer.from(streamHead + chunked(stream.head)))
  writes.push(Buffer.concat([writes.pop()!, Buffer.from(`${chunked(stream.tail)}0\r\n\r\n`)]))
  return { kind: 'paced', writes, gapTicks }
}

function answerOf(wire: Wire, model: string, withUsage: boolean): Answer {
  if (model.endsWith('-embedding')) return whole(embeddingAnswer())
  if (model.endsWith('-json')) return whole(chatAnswer(wire, model))
  const stream = streamAnswer(wire, model, withUsage)
  if (model.endsWith('-burst')) return burst(stream)
  return paced(stream, model.endsWith('-open') ? openGapTicks : pacedGapTicks)
}

/** `withUsage` only where asking for usage changes the answer. */
const answers = new Map<string, { plain: Answer; withUsage: Answer | undefined }>()
for (const wire of ['openai', 'anthropic'] as const) {
  for (const model of models[wire]) {
    const differs = wire === 'openai' && /-(paced|burst|open)$/.test(model)
    answers.set(model, {
      plain: answerOf(wire, model, false),
      withUsage: differs ? answerOf(wire, model, true) : undefined,
    })
  }
}

function choose(request: Buffer): Answer | undefined {
  const at = request.indexOf('"model":"')
  if (at < 0) return undefined
  const answer = answers.get(request.toString('latin1', at + 9, request.indexOf('"', at + 9)))
  if (answer?.withUsage !== undefined && request.includes('"include_usage":true')) return answer.withUsage
  return answer?.plain
}

type OpenStream = { socket: Socket; writes: Buffer[]; next: number; gapTicks: number }

/** Streams by the tick (modulo the wheel's size) at which their next event is due. */
const wheel: OpenStream[][] = Array.from({ length: openGapTicks + 1 }, () => [])
let tick = 0
const beginning = performance.now()

function schedule(stream: OpenStream, afterTicks: number): void {
  wheel[(tick + afterTicks) % wheel.length]!.push(stream)
}

setInterval(() => {
  const now = Math.floor((performance.now() - beginning) / tickMs)
  while (tick < now) {
    tick++
    const slot = tick % wheel.length
    const due = wheel[slot]!
    if (due.length === 0) continue
    wheel[slot] = []
    for (const stream of due) {
      if (stream.socket.destroyed) continue
      stream.socket.write(stream.writes[stream.next++]!)
      if (stream.next < stream.writes.length) schedule(stream, stream.gapTicks)
    }
  }
}, tickMs)

let begun = 0

function reply(socket: Socket, request: Buffer): void {
  const answer = choose(request)
  if (answer === undefined) {
    const said = 'no known "model" in the request'
    socket.write(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${said.length}\r\n\r\n${said}`)
  } else if (answer.kind === 'whole') {
    socket.write(answer.bytes)
  } else {
    socket.write(answer.writes[0]!)
    // Spread over the gap: streams that all tick together would be one read and one write for many, which no
    // real provider does.
    schedule(
      { socket, writes: answer.writes, next: 1, gapTicks: answer.gapTicks },
      1 + (begun++ % answer.gapTicks),
    )
  }
}

/** Bytes of the first request, head and body; 0 while that isn't known. */
function requestLength(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return 0
  const head = bytes.toString('latin1', 0, headEnd)
  const stated = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (stated !== null) return headEnd + 4 + Number(stated[1])
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return headEnd + 4
  const end = bytes.indexOf('\r\n0\r\n\r\n', headEnd + 2)
  return end < 0 ? 0 : end + 7
}

/** Answers the requests of one connection in the order they come. */
class Connection {
  private readonly socket: Socket
  private parts: Buffer[] = []
  private have = 0
  private need = 0

  constructor(socket: Socket) {
    this.socket = socket
  }

  take(part: Buffer): void {
    this.parts.push(part)
    this.have += part.length
    // A large body arrives in many parts: joining them at each would be quadratic.
    if (this.have < this.need) return
    let bytes = this.parts.length === 1 ? part : Buffer.concat(this.parts)
    this.need = requestLength(bytes)
    while (this.need > 0 && bytes.length >= this.need) {
      reply(this.socket, bytes.subarray(0, this.need))
      bytes = bytes.subarray(this.need)
      this.need = requestLength(bytes)
    }
    this.parts = bytes.length === 0 ? [] : [bytes]
    this.have = bytes.length
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const connection = new Connection(socket)
  socket.on('data', (part) => connection.take(part))
  socket.on('error', () => socket.destroy())
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening ${(server.address() as AddressInfo).port}`)
})

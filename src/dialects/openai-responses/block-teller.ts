import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import type { Kinds } from './types.ts'

/** Numbers the blocks of an answer and tells of them. */
export class BlockTeller {
  readonly kinds: Kinds = { calls: false, refusal: false }
  #blocks = 0
  events: ChatEvent[] = []

  start(block: Block): number {
    this.kinds.calls ||= block.type === 'tool_call'
    this.kinds.refusal ||= block.type === 'refusal'
    const index = this.#blocks++
    this.events.push({ type: 'block_start', choice: 0, index, block })
    return index
  }

  add(index: number, delta: BlockDelta): void {
    this.events.push({ type: 'block_delta', choice: 0, index, delta })
  }

  stop(index: number): void {
    this.events.push({ type: 'block_stop', choice: 0, index })
  }

  whole(block: Block): void {
    this.stop(this.start(block))
  }
}

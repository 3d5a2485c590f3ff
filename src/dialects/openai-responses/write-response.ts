import type { ChatResponse } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { OutputWriter } from './output-writer.ts'
import { kindsIn } from './read-response.ts'
import { writeSnapshot } from './snapshot.ts'
import { incompleteReason } from './types.ts'
import { writeUsage } from './usage.ts'

/** A `response`; `now` in Unix seconds where the answer does not say when it was made. Only the first choice has a place. */
export function encodeResponse(response: ChatResponse, now: number): JsonObject {
  const [choice] = response.choices
  const writer = new OutputWriter(response.id, () => undefined)
  if (choice?.logprobs !== undefined) writer.rate(choice.logprobs)
  choice?.content.forEach((block, index) => {
    writer.start(index, block)
    writer.stop(index)
  })
  const reason = choice && incompleteReason(choice.finish, kindsIn(choice.content))
  const ending = writeEnding(reason)
  writer.finish(ending.status)
  return {
    ...writeSnapshot({ ...response, created: response.created ?? now }),
    ...ending,
    output: writer.output,
    ...(response.usage && { usage: writeUsage(response.usage) }),
  }
}

/** How an answer ended, by the reason that it is incomplete. */
export function writeEnding(reason: string | undefined) {
  return reason === undefined
    ? ({ status: 'completed', incomplete_details: null } as const)
    : ({ status: 'incomplete', incomplete_details: { reason } } as const)
}

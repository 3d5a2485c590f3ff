import { readError, writeError, writeStreamError } from './openai-error.ts'
import { OpenaiEventWatch } from './openai-event-watch.ts'
import type { RelayedDialect } from './relayed-dialect.ts'

/** What differs between them. */
interface Facts extends Pick<RelayedDialect, 'name' | 'readUsage' | 'answerField' | 'isAnswer' | 'bytes'> {
  /** An answer may be server-sent events. */
  streams?: true
}

/** A dialect of OpenAI's family that is only relayed: errors and events are alike in all of them. */
export const openaiRelayed = ({ streams, ...facts }: Facts): RelayedDialect => ({
  ...facts,
  ...(streams && {
    events: { watch: () => new OpenaiEventWatch(facts.readUsage), encodeError: writeStreamError },
  }),
  decodeError: readError,
  encodeError: writeError,
})

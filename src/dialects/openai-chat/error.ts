export {
  readError as decodeError,
  readStreamError,
  writeError as encodeError,
  writeStreamError as encodeStreamError,
} from '../openai-error.ts'

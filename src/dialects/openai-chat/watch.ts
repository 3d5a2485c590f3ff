export { askForUsage, Watch } from '../openai-watch.ts'

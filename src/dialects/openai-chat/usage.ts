export { readUsage, writeUsage } from '../openai-usage.ts'

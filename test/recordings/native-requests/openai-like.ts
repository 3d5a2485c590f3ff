import type { Block, Tool } from '../../../src/canonical/chat.ts'
import { Members, present } from './reading.ts'

/** Tools as OpenAI, Cohere and Ollama write them. */
export function readFunctionTools(list: readonly unknown[]): Tool[] | undefined {
  if (list.length === 0) return undefined
  return list.map((value) => {
    const members = new Members(value, 'tools[]')
    members.take('type')
    const called = members.within('function')
    const tool = present({
      type: 'function' as const,
      name: called.text('name')!,
      description: called.text('description'),
      parameters: called.take('parameters'),
    })
    called.done()
    members.done()
    return tool
  })
}

/** Calls as OpenAI, Cohere and Ollama write them; arguments are a text or an object. */
export const readCalls = (list: readonly unknown[], numbered: (index: number) => string): Block[] =>
  list.map((value, index) => {
    const members = new Members(value, 'tool_calls[]')
    const id = members.text('id') ?? numbered(index)
    members.take('type')
    const called = members.within('function')
    const given = called.take('arguments')
    const block: Block = {
      type: 'tool_call',
      id,
      name: called.text('name')!,
      arguments: typeof given === 'string' ? given : JSON.stringify(given),
    }
    called.done()
    members.done()
    return block
  })

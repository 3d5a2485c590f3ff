import { expect, test } from 'vitest'
import { json, runHere, serve } from './spawn.ts'

test('models --capabilities shows limits and what each can do, as far as it is known', async () => {
  const { url } = await serve(
    json({
      data: [
        {
          id: 'gpt-4o',
          owned_by: 'openai',
          capabilities: ['tools', 'streaming'],
          context_window: 128_000,
          max_output_tokens: 16_384,
        },
        { id: 'my-model', owned_by: 'my-vllm' },
      ],
    }),
  )
  const { code, stdout } = await runHere(['models', '--capabilities', '-u', url])
  expect(code).toBe(0)
  const rows = stdout.split('\n').map((line) => line.trim().split(/ {2,}/))
  expect(rows.slice(0, 3)).toEqual([
    ['model', 'owned by', 'context', 'output', 'capabilities'],
    ['gpt-4o', 'openai', '128000', '16384', 'tools, streaming'],
    ['my-model', 'my-vllm', 'unknown'],
  ])
  expect((await runHere(['models', '-u', url])).stdout).not.toContain('128000')
})

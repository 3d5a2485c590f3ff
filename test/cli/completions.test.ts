import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { runHere } from './spawn.ts'

const commands = ['start', 'validate', 'config', 'health', 'models', 'chat', 'info', 'completions']

describe('bash', () => {
  /** What bash offers after these words, the last one being typed. */
  async function offers(...words: string[]): Promise<string[]> {
    const { stdout } = await runHere(['completions', 'bash'])
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const script = `${stdout}\nCOMP_WORDS=(llm-gateway ${quoted}); COMP_CWORD=${words.length}; _llm_gateway; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n')
  }

  test('offers every command and the options of all', async () => {
    expect(await offers('')).toEqual(expect.arrayContaining([...commands, '--json', '--url']))
  })

  test('offers what begins as typed', async () => {
    expect(await offers('co')).toEqual(['config', 'completions'])
    expect(await offers('config', 's')).toEqual(['show'])
    expect(await offers('--json', 'config', 'validate', '--s')).toEqual(['--strict'])
    expect(await offers('completions', 'f')).toEqual(['fish'])
    expect(await offers('chat', '--te')).toEqual(['--temperature'])
  })

  test('offers files where a file is wanted', async () => {
    expect(await offers('start', '-c', 'package.js')).toEqual(['package.json'])
  })
})

test.each([
  ['zsh', '#compdef llm-gateway', "'--max-tokens:longest answer'"],
  ['fish', 'complete -c llm-gateway', "-l max-tokens -d 'longest answer'"],
  ['powershell', 'Register-ArgumentCompleter -Native -CommandName llm-gateway', "'--max-tokens'"],
])('%s gets a script with every command and option', async (shell, head, option) => {
  const { code, stdout } = await runHere(['completions', shell])
  expect(code).toBe(0)
  expect(stdout).toContain(head)
  expect(stdout).toContain(option)
  for (const command of commands) expect(stdout).toContain(command)
})

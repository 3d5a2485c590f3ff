import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeVersionProblem } from '../../bin/llm-gateway.js'
import manifest from '../../package.json' with { type: 'json' }
import { program, run, runHere } from './spawn.ts'

describe('the program', () => {
  test('says its version, with Node 24 and through its own file', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  test('starts through a symlink, as npx and npm link make one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'link-'))
    symlinkSync(program, `${directory}/llm-gateway`)
    const { stdout } = spawnSync(process.execPath, [`${directory}/llm-gateway`, '--version'], {
      encoding: 'utf8',
    })
    rmSync(directory, { recursive: true })
    expect(stdout).toBe(`${manifest.version}\n`)
  })

  test('ends quietly when what it prints is not read', async () => {
    const script = `"${process.execPath}" "${program}" config show | head -n 1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    expect(stdout.trim().split('\n').at(-1)).toBe('0')
    expect(stderr).toBe('')
  })
})

describe('a Node that is too old', () => {
  test.each(['8.17.0', '12.22.12', '18.20.4', '20.20.2', '22.11.0', '23.9.0'])(
    '%s is told what to do',
    (version) => {
      const problem = nodeVersionProblem(version)
      expect(problem).toContain(`needs Node.js 24 or newer; this is Node.js ${version}`)
      for (const way of ['npx -y node@24', 'nvm install 24', 'nodejs.org', 'npm ci'])
        expect(problem).toContain(way)
    },
  )

  test.each(['24.0.0', '24.21.0', '25.1.0', '100.0.0'])('%s is not', (version) => {
    expect(nodeVersionProblem(version)).toBeNull()
  })

  const system = '/usr/bin/node'
  const old = existsSync(system)
    ? execFileSync(system, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
    : '24'
  test(`the one of this machine (${old}) is judged by its version`, async () => {
    const { code, stderr } = await run(['info'], {}, existsSync(system) ? system : process.execPath)
    expect(code).toBe(Number.parseInt(old, 10) < 24 ? 2 : 0)
    if (code === 2) expect(stderr).toContain('needs Node.js 24 or newer')
  })
})

describe('bad usage ends with 2 and a sentence', () => {
  test.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['modles'], 'Did you mean models?'],
    [['validate'], "missing required argument 'file'"],
    [['start', '--nope'], "unknown option '--nope'"],
    [['health', '--timeout', 'soon'], 'a number above 0'],
    [['health', '--timeout', '0'], 'a number above 0'],
    [['chat', 'hi', '--temperature', '-1'], 'a number of 0 or more'],
    [['chat', 'hi', '--max-tokens', '1.5'], 'a whole number above 0'],
    [['completions', 'tcsh'], 'There are completions for bash, zsh, fish, powershell, not for tcsh.'],
    [['models', '-u', 'localhost:8080'], 'must be an http:// or https:// URL'],
    [['models', '-k', 'a\nb'], 'characters that no key can have'],
    [[], 'Usage: llm-gateway'],
    [['latency'], "unknown command 'latency'"],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await runHere(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(sentence)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('as JSON with --json', async () => {
    const { code, stderr } = await runHere(['--json', 'nonsense'])
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toEqual({ error: { message: "error: unknown command 'nonsense'" } })
  })
})

test('help lists every command and ends with 0', async () => {
  const { code, stdout } = await runHere(['--help'])
  expect(code).toBe(0)
  for (const name of ['start', 'validate', 'config', 'health', 'models', 'chat', 'info', 'completions'])
    expect(stdout).toContain(`  ${name} `)
})

test('info says what runs', async () => {
  expect(await runHere(['info', '--json'])).toMatchObject({ code: 0 })
  const { stdout } = await runHere(['info', '--json'])
  expect(JSON.parse(stdout)).toEqual({
    version: manifest.version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  })
  expect((await runHere(['info', '--detailed'])).stdout).toMatch(/^cores: \d+$/m)
})

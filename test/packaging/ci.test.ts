import { chmod, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { makeProject, root, run } from './project.ts'

interface Workflow {
  jobs: Record<string, { steps: { run?: string; with?: Record<string, unknown> }[]; services?: object }>
}

const steps = [
  ...[
    'install',
    'lock file',
    'registry names',
    'lint and format',
    'types',
    'import directions',
    'build',
    'tests',
  ],
  'bench, short',
]

/** Stands for npm: writes down what it is asked, fails where `FAILS` says so, reports as vitest would. */
const fakeNpm = `#!/bin/bash
if [ "$1" = --version ]; then echo 11.0.0; exit; fi
echo "$*\${TEST_FULL:+ at full numbers}" >> "$LOG"
if [ "$1" = config ]; then echo "https://$REGISTRY/npm/"; exit; fi
for word in "$@"; do
  case "$word" in --outputFile.json=*) [ -n "$REPORT" ] && echo "$REPORT" > "\${word#*=}" ;; esac
done
[ -n "$FAILS" ] && [[ "$*" == $FAILS ]] && exit 3
exit 0
`
const registryOfThisMachine = ['packages', 'example', 'test'].join('.')

const report = (passed: number, failed: number): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numFailedTestSuites: failed > 0 ? 1 : 0 })

/** Runs a copy of `.ci/run` in a small repository, with the fake npm. */
async function runCi(options: { fails?: string; report?: string; files?: Record<string, string> }) {
  const project = await makeProject(['.ci'], {
    'package-lock.json': '{}',
    'bin/npm': fakeNpm,
    ...options.files,
  })
  await chmod(path.join(project.directory, 'bin/npm'), 0o755)
  await run('git', ['init', '--quiet'], { cwd: project.directory })
  const log = path.join(project.directory, 'asked')
  const env = {
    PATH: `${path.join(project.directory, 'bin')}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    LOG: log,
    FAILS: options.fails ?? '',
    REPORT: options.report ?? report(12, 0),
    REGISTRY: registryOfThisMachine,
    TEST_FULL: '1',
    TEST_DATABASE_URL: 'postgres://given',
    TEST_REDIS_URL: 'redis://given',
  }
  const finished = await run(path.join(project.directory, '.ci/run'), [], { cwd: '/', env })
  const lines = finished.stdout.trimEnd().split('\n')
  return { ...finished, lines, asked: (await readFile(log, 'utf8')).trimEnd().split('\n') }
}

describe('.ci/run', () => {
  test('can be executed', async () => {
    expect((await stat(path.join(root, '.ci/run'))).mode & 0o111).toBe(0o111)
  })

  test('runs every step, announces it with its time, and ends with the numbers of the tests', async () => {
    const { code, lines, asked, stderr } = await runCi({})
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(
      lines
        .filter((line) => /^== .*: ok, \d+ s$/.test(line))
        .map((line) => line.slice(3, line.indexOf(': ok'))),
    ).toEqual(steps)
    expect(lines.at(-1)).toBe('12 passed, 0 failed')
    expect(asked.map((line) => line.replace(/ --outputFile.*/, ''))).toEqual([
      'ci --no-audit --no-fund --loglevel=error',
      'config get registry',
      'run lint',
      'run typecheck',
      'run check:imports',
      'run build',
      'test -- --reporter=default --reporter=json',
      'run bench -- --short',
    ])
  })

  test('runs the tests at small numbers, whatever its environment says', async () => {
    const { asked } = await runCi({})
    expect(asked.filter((line) => line.includes('full numbers'))).toEqual([])
  })

  test('fails when one step fails, names it, and runs the others all the same', async () => {
    const { code, lines, asked } = await runCi({ fails: 'run lint' })
    expect(code).toBe(1)
    expect(lines).toContainEqual(expect.stringMatching(/^== lint and format: FAILED with exit code 3/))
    expect(lines).toContainEqual(expect.stringContaining('These steps failed: lint and format'))
    expect(lines.at(-1)).toBe('12 passed, 0 failed')
    expect(asked.at(-1)).toBe('run bench -- --short')
  })

  test('gives the numbers of failed tests', async () => {
    const { code, lines } = await runCi({ fails: 'test*', report: report(9, 2) })
    expect(code).toBe(1)
    expect(lines.at(-1)).toBe('9 passed, 2 failed')
  })

  test('counts a test run that broke off as a failure', async () => {
    const { code, lines } = await runCi({ fails: 'test*', report: ' ' })
    expect(code).toBe(1)
    expect(lines.at(-1)).toBe('0 passed, 1 failed')
  })

  test('stops when the packages cannot be installed', async () => {
    const { code, lines, asked } = await runCi({ fails: 'ci*' })
    expect(code).toBe(1)
    expect(lines.at(-1)).toBe('0 passed, 1 failed')
    expect(asked).toHaveLength(1)
  })

  test('refuses a lock file that names a registry', async () => {
    const { code, lines } = await runCi({
      files: { 'package-lock.json': '{\n"resolved": "https://x.test/y.tgz"\n}' },
    })
    expect(code).toBe(1)
    expect(lines).toContainEqual(expect.stringContaining('These steps failed: lock file'))
  })

  test.each([
    ['a well-known registry', ['registry', 'npmjs', 'org'].join('.')],
    ['the registry of this machine', registryOfThisMachine],
  ])('refuses a file that names %s', async (_what, host) => {
    const { code, stdout, lines } = await runCi({ files: { 'docs/install.md': `see https://${host}/x\n` } })
    expect(code).toBe(1)
    expect(stdout).toContain('docs/install.md:1:')
    expect(lines).toContainEqual(expect.stringContaining('These steps failed: registry names'))
  })
})

describe('the workflows', () => {
  const read = async (name: string): Promise<Workflow> =>
    parse(await readFile(path.join(root, '.github/workflows', name), 'utf8')) as Workflow

  test.each(['ci.yml', 'release.yml'])('%s calls .ci/run on Node 24', async (name) => {
    const job = Object.values((await read(name)).jobs)[0]
    expect(job?.steps).toContainEqual({ run: '.ci/run' })
    expect(job?.steps).toContainEqual(expect.objectContaining({ with: { 'node-version': 24 } }))
  })

  test('ci.yml gives the tests a Postgres and a Redis', async () => {
    expect(Object.keys((await read('ci.yml')).jobs.check?.services ?? {})).toEqual(['postgres', 'redis'])
  })
})

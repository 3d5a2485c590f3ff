import { accessSync, constants, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { parse } from 'yaml'
import type { NewUser } from './new-user.ts'

/** A command of the README that a test cannot run as it stands, and what is checked instead. */
export interface NotRun {
  command: string
  because: string
  check: (user: NewUser) => Promise<void> | void
}

const hasScript = (name: string) => (user: NewUser) => {
  const { scripts } = JSON.parse(readFileSync(path.join(user.folder, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(scripts).toHaveProperty([name])
}

export const notRunHere: readonly NotRun[] = [
  { command: 'npm test', because: 'it would run this file again', check: hasScript('test') },
  { command: 'npm run test:full', because: 'it would run this file again', check: hasScript('test:full') },
  {
    command: 'npm run bench',
    because: 'it wants minutes on two quiet cores; a short one ends .ci/run',
    check: hasScript('bench'),
  },
  {
    command: '.ci/run',
    because: 'it would run this file again',
    async check(user) {
      accessSync(path.join(user.folder, '.ci/run'), constants.X_OK)
      expect(await user.run('bash -n .ci/run')).toMatchObject({ code: 0, stderr: '' })
    },
  },
  {
    command: 'docker compose up --build',
    because: 'it pulls and builds images',
    check: checkCompose,
  },
]

/** Compose understands the file where Compose is installed; everywhere the gateway understands its environment. */
async function checkCompose(user: NewUser): Promise<void> {
  const { code } = await user.run('docker compose version')
  if (code === 0) expect(await user.run('docker compose config --quiet')).toMatchObject({ code: 0 })
  const text = readFileSync(path.join(user.folder, 'docker-compose.yml'), 'utf8')
  const { services } = parse(text, { merge: true }) as {
    services: Record<string, { environment?: Record<string, string | null> }>
  }
  const env = Object.entries(services.gateway?.environment ?? {})
    .filter((entry): entry is [string, string] => entry[1] !== null)
    .map(([name, value]) => [name, value.replace(/\$\{[^}]*\}/g, 'word')])
  const checked = await user.run('npm run --silent cli -- config validate', { env: Object.fromEntries(env) })
  expect(checked).toMatchObject({ code: 0 })
  expect(checked.stderr).not.toContain('start would refuse')
}

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { keepUnchangeable, watchConfig } from '../../src/config/reload.ts'
import { loadText } from './load-text.ts'

const withModel = (model: string) => `providers:\n  mock:\n    models: [${model}]\n`
const modelOf = ({ config }: LoadedConfig) => config.providers.mock?.models?.[0]

type Event = { loaded: LoadedConfig; restartRequired: string[] } | { error: Error }

/** A watched directory; `next` waits for what the watch says next. */
function watched(
  first: string,
  env: Record<string, string> = {},
  place = (directory: string) => join(directory, 'c.yaml'),
) {
  const directory = mkdtempSync(join(tmpdir(), 'reload-'))
  const file = place(directory)
  writeFileSync(file, first)
  const load = () => loadConfig({ file, env })
  const events: Event[] = []
  let wake = () => {}
  const say = (event: Event) => {
    events.push(event)
    wake()
  }
  const watch = watchConfig({
    file,
    current: load(),
    load,
    onChange: (loaded, restartRequired) => say({ loaded, restartRequired }),
    onError: (error) => say({ error }),
  })
  onTestFinished(() => {
    watch.close()
    rmSync(directory, { recursive: true })
  })
  const next = async (): Promise<Event> => {
    if (events.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return events.shift() as Event
  }
  const nextModel = async () => {
    const event = await next()
    if ('error' in event) throw event.error
    return modelOf(event.loaded)
  }
  const nextError = async () => {
    const event = await next()
    if ('loaded' in event) throw new Error('The file was taken.')
    return event.error
  }
  return { directory, file, watch, events, next, nextModel, nextError }
}

describe('a changed file is taken over, however it was replaced', () => {
  test('written in place', async () => {
    const { file, nextModel } = watched(withModel('a'))
    writeFileSync(file, withModel('b'))
    expect(await nextModel()).toBe('b')
    writeFileSync(file, withModel('c'))
    expect(await nextModel()).toBe('c')
  })

  test('renamed over, again and again', async () => {
    const { directory, file, nextModel } = watched(withModel('a'))
    for (const model of ['b', 'c', 'd']) {
      writeFileSync(join(directory, 'new'), withModel(model))
      renameSync(join(directory, 'new'), file)
      expect(await nextModel()).toBe(model)
    }
  })

  test('deleted and made anew', async () => {
    const { file, nextModel, nextError } = watched(withModel('a'))
    unlinkSync(file)
    expect((await nextError()).message).toContain('is gone')
    writeFileSync(file, withModel('b'))
    expect(await nextModel()).toBe('b')
  })

  test('by a symlink further up that leads to a new directory, as Kubernetes does it', async () => {
    const { directory, nextModel } = watched(withModel('a'), {}, (root) => {
      mkdirSync(join(root, 'data-1'))
      symlinkSync('data-1', join(root, '..data'))
      symlinkSync(join('..data', 'c.yaml'), join(root, 'c.yaml'))
      return join(root, 'c.yaml')
    })
    for (const [version, model] of [
      [2, 'b'],
      [3, 'c'],
    ] as const) {
      mkdirSync(join(directory, `data-${version}`))
      writeFileSync(join(directory, `data-${version}`, 'c.yaml'), withModel(model))
      symlinkSync(`data-${version}`, join(directory, '..tmp'))
      renameSync(join(directory, '..tmp'), join(directory, '..data'))
      rmSync(join(directory, `data-${version - 1}`), { recursive: true })
      expect(await nextModel()).toBe(model)
    }
  })
})

test('an invalid file is reported with every problem and leaves the last good one; the next good one is taken', async () => {
  const { file, nextModel, nextError } = watched(withModel('a'))
  writeFileSync(file, 'server: { port: x, nope: 1 }\n')
  const error = await nextError()
  expect(error).toBeInstanceOf(ConfigError)
  expect((error as ConfigError).problems.map(({ path }) => path)).toEqual(['server.port', 'server.nope'])
  writeFileSync(file, 'server: {')
  expect(await nextError()).toBeInstanceOf(ConfigError)
  writeFileSync(file, withModel('b'))
  expect(await nextModel()).toBe('b')
})

test('going back to what was served before a mistake is told too, so that the mistake is over', async () => {
  const { file, nextModel, nextError } = watched(withModel('a'))
  writeFileSync(file, 'nope: 1\n')
  await nextError()
  writeFileSync(file, withModel('a'))
  expect(await nextModel()).toBe('a')
})

test('an empty file is one that is being written, not a gateway without providers', async () => {
  const { file, nextError } = watched(withModel('a'))
  writeFileSync(file, '')
  expect((await nextError()).message).toContain('is empty')
})

test('the same content again does nothing', async () => {
  const { file, events, nextModel } = watched(withModel('a'))
  writeFileSync(file, withModel('a'))
  // Long enough for several looks; then a real change comes as the first event.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(events).toEqual([])
  writeFileSync(file, withModel('b'))
  expect(await nextModel()).toBe('b')
})

test('a closed watch says nothing more', async () => {
  const { file, events, watch } = watched(withModel('a'))
  writeFileSync(file, withModel('b'))
  watch.close()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(events).toEqual([])
})

test('a protection that does not work yet is refused while running as it is at start', async () => {
  const { file, nextError } = watched(withModel('a'))
  writeFileSync(file, `${withModel('b')}resilience: { bulkhead: { max_queue: 1 } }\n`)
  expect((await nextError()).message).toContain('resilience.bulkhead')
})

test('a file that would open the running address to everyone is refused, though its own address is safe', async () => {
  const open = `server: { host: 0.0.0.0 }\nauth: { admin_keys: [k] }\n${withModel('a')}`
  const { file, nextError } = watched(open)
  writeFileSync(file, `server: { host: 127.0.0.1 }\n${withModel('b')}`)
  expect((await nextError()).message).toContain('"0.0.0.0" and no key')
})

test('what is bound at start keeps its value and is listed, for as long as the file differs', async () => {
  const { file, next } = watched(withModel('a'))
  writeFileSync(file, `server: { port: 9999, max_connections: 5 }\n${withModel('b')}`)
  for (const model of ['b', 'c']) {
    const event = await next()
    if ('error' in event) throw event.error
    expect(event.restartRequired).toEqual(['server.port'])
    expect(event.loaded.config.server).toMatchObject({ port: 8080, max_connections: 5 })
    expect(event.loaded.sources.get('server.port')).toBe('default')
    expect(modelOf(event.loaded)).toBe(model)
    if (model === 'b') writeFileSync(file, `server: { port: 9999, max_connections: 5 }\n${withModel('c')}`)
  }
})

test.each([
  ['server: { host: localhost }', 'server.host'],
  ['server: { port: 1 }', 'server.port'],
  ['server: { metrics_port: 1 }', 'server.metrics_port'],
  ['server: { workers: 2 }', 'server.workers'],
  ['database: { url: "postgres://h/d" }', 'database'],
  ['redis: { url: "redis://h" }', 'redis'],
])('%s needs a restart', (text, path) => {
  const [now, next] = [loadText(withModel('a')), loadText(`${withModel('b')}${text}\n`)]
  const { loaded, restartRequired } = keepUnchangeable(now, next)
  expect(restartRequired).toEqual([path])
  expect(loaded.config).toEqual(loadText(withModel('b')).config)
  expect(Object.isFrozen(loaded.config) && Object.isFrozen(loaded.config.server)).toBe(true)
})

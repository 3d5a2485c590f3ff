/**
 * Takes a changed file over within a second, and so a changed `catalogue.file`. What is wrong with a new file is reported, and the last good one
 * stays. The file is read by its name and compared by its content, so that it doesn't matter how it was
 * replaced: written in place, renamed over, or by a symlink on its path that now leads elsewhere (Kubernetes).
 * Events of the file system would miss the last, and changes on network and container mounts.
 */
import { readFile } from 'node:fs/promises'
import { stampLater } from './catalogue-file.ts'
import type { LoadedConfig } from './load.ts'
import { ConfigError } from './problem.ts'
import { digestOf } from './read-file.ts'
import { openAddressProblem } from './start-checks.ts'

/** How often the file is read. */
const lookEveryMs = 250
/** How long new content must stand still, so that a half-written file is not taken. */
const settleMs = 100

export interface WatchOptions {
  file: string
  /** What is being served. */
  current: LoadedConfig
  /** Reads the file anew. @throws ConfigError */
  load: () => LoadedConfig
  /** `restartRequired`: paths of changed fields that keep their old value until the next start. */
  onChange: (loaded: LoadedConfig, restartRequired: string[]) => void
  /** The last good configuration stays. */
  onError: (error: Error) => void
}

export interface ConfigWatch {
  close(): void
}

export function watchConfig({ file, current, load, onChange, onError }: WatchOptions): ConfigWatch {
  let serving = current
  let taken: Content = { digest: current.fileDigest, stamp: current.catalogueStamp, isEmpty: false }
  let seen = taken
  let catalogueFile = current.config.catalogue.file
  let isClosed = false

  const take = (isEmpty: boolean): void => {
    try {
      if (isEmpty) throw new Error(`${file} is empty; the last good configuration stays.`)
      const next = load()
      catalogueFile = next.config.catalogue.file
      taken = { ...taken, stamp: next.catalogueStamp }
      const { loaded, restartRequired } = keepUnchangeable(serving, next)
      refuseProblems(loaded)
      serving = loaded
      onChange(loaded, restartRequired)
    } catch (error) {
      onError(error as Error)
    }
  }

  const look = async (): Promise<void> => {
    const content = await contentOf(file, catalogueFile)
    if (isClosed) return
    const isNew = !isSame(content, taken)
    const isSettled = isSame(content, seen)
    seen = content
    if (isNew && isSettled) {
      taken = content
      if (content.digest === undefined)
        onError(new Error(`${file} is gone; the last good configuration stays.`))
      else take(content.isEmpty)
    }
    lookIn(isNew && !isSettled ? settleMs : lookEveryMs)
  }

  let timer: NodeJS.Timeout
  const lookIn = (delayMs: number): void => {
    timer = setTimeout(() => void look(), delayMs)
    // Nothing keeps running for the sake of its configuration.
    timer.unref()
  }
  lookIn(lookEveryMs)
  return {
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

interface Content {
  /** Undefined where there is no file. */
  digest?: string | undefined
  /** Of the catalogue's file. */
  stamp: string
  isEmpty: boolean
}

const isSame = (one: Content, other: Content): boolean =>
  one.digest === other.digest && one.stamp === other.stamp

/** Not synchronous: the files may lie on a network that hangs. */
async function contentOf(file: string, catalogueFile: string | undefined): Promise<Content> {
  const stamp = await stampLater(catalogueFile)
  try {
    const bytes = await readFile(file)
    return { digest: digestOf(bytes), stamp, isEmpty: bytes.toString('latin1').trim() === '' }
  } catch {
    return { stamp, isEmpty: true }
  }
}

/** The host, the ports, workers, database and Redis are bound at start; so is what the server and its outputs are made with. */
const boundAtStart: readonly (readonly string[])[] = [
  ['server', 'host'],
  ['server', 'port'],
  ['server', 'metrics_port'],
  ['server', 'workers'],
  ['telemetry', 'logging', 'format'],
  ['telemetry', 'logging', 'output'],
  ['telemetry', 'metrics'],
  ['telemetry', 'tracing'],
  ['database'],
  ['redis'],
]

/** The next configuration with what cannot change while running as it is now, and the paths that would have. */
export function keepUnchangeable(
  now: LoadedConfig,
  next: LoadedConfig,
): { loaded: LoadedConfig; restartRequired: string[] } {
  const [old, config] = [now.config, next.config]
  const restartRequired = boundAtStart
    .filter((path) => JSON.stringify(valueAt(old, path)) !== JSON.stringify(valueAt(config, path)))
    .map((path) => path.join('.'))
  if (restartRequired.length === 0) return { loaded: next, restartRequired }
  const kept = boundAtStart.reduce((next, path) => withValue(next, path, valueAt(old, path)), config)
  return { loaded: { ...next, config: kept, sources: keptSources(now, next) }, restartRequired }
}

type Section = Readonly<Record<string, unknown>>

const valueAt = (section: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, step) => (value as Section | undefined)?.[step], section)

/** A frozen copy with another value at the path. */
function withValue<T>(section: T, [step = '', ...rest]: readonly string[], value: unknown): T {
  const inner = rest.length === 0 ? value : withValue((section as Section)[step], rest, value)
  return Object.freeze({ ...section, [step]: inner })
}

function keptSources(now: LoadedConfig, next: LoadedConfig): ReadonlyMap<string, string> {
  const isBound = (path: string) => boundAtStart.some((steps) => `${path}.`.startsWith(`${steps.join('.')}.`))
  return new Map([
    ...[...next.sources].filter(([path]) => !isBound(path)),
    ...[...now.sources].filter(([path]) => isBound(path)),
  ])
}

/** As at start, and for the values that will really be in force: an old open host with the new lack of keys. */
function refuseProblems(loaded: LoadedConfig): void {
  const open = openAddressProblem(loaded.config)
  const problems = [...loaded.problems, ...(open && loaded.problems.length === 0 ? [open] : [])]
  if (problems.length > 0) throw new ConfigError(problems)
}

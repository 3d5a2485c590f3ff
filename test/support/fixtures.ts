import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A recorded exchange with a provider. */
export interface Fixture {
  /** `<provider>/<file name>` */
  id: string
  provider: string
  dialect: string
  /** What happens, in words. */
  case: string
  features: string[]
  origin: 'recorded' | 'upstream-fixture' | 'documented-shape'
  /** How far the bytes of the body are the wire's. */
  framing?: 'exact' | 'reconstructed' | 'sdk-json'
  request: {
    method: string
    url: string
    headers: Record<string, string>
    /** `null` where the request was not recorded. */
    body: Record<string, unknown> | null
  }
  response: {
    status: number
    headers: Record<string, string>
    /** One of these three: JSON, the text of a stream, binary. */
    body?: unknown
    bodyText?: string
    bodyBase64?: string
  }
}

export interface FixtureFilter {
  dialect?: string | readonly string[]
  provider?: string | readonly string[]
  /** Has this label, or all of these. */
  feature?: string | readonly string[]
  /** Has none of these labels. */
  without?: string | readonly string[]
}

const folder = fileURLToPath(new URL('../fixtures', import.meta.url))
let all: Fixture[] | undefined

/**
 * The recordings that fit, in the order of their ids.
 * @throws Error when none does, because a test over nothing shows nothing.
 */
export function loadFixtures(filter: FixtureFilter = {}): Fixture[] {
  all ??= readAll()
  const dialects = listOf(filter.dialect)
  const providers = listOf(filter.provider)
  const features = listOf(filter.feature) ?? []
  const without = listOf(filter.without) ?? []
  const found = all.filter(
    (fixture) =>
      (dialects?.includes(fixture.dialect) ?? true) &&
      (providers?.includes(fixture.provider) ?? true) &&
      features.every((feature) => fixture.features.includes(feature)) &&
      !without.some((feature) => fixture.features.includes(feature)),
  )
  if (found.length === 0) throw new Error(`No recording in test/fixtures fits ${JSON.stringify(filter)}`)
  return found
}

/** One recording by its id: `openai/chat-recorded`. */
export function loadFixture(id: string): Fixture {
  all ??= readAll()
  const found = all.find((fixture) => fixture.id === id)
  if (!found) throw new Error(`There is no recording ${id} in test/fixtures`)
  return found
}

/** The bytes of a recorded answer. */
export function responseBytes({ response }: Fixture): Buffer {
  if (response.bodyBase64 !== undefined) return Buffer.from(response.bodyBase64, 'base64')
  return Buffer.from(response.bodyText ?? JSON.stringify(response.body))
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? [value] : value

function readAll(): Fixture[] {
  if (!existsSync(folder)) return []
  const fixtures: Fixture[] = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue
    const path = join(entry.parentPath, entry.name)
    const content = JSON.parse(readFileSync(path, 'utf8')) as Partial<Fixture>
    // Lists of contents and licences lie in the same folders.
    if (content.id === undefined || content.response === undefined) continue
    const expected = relative(folder, path)
      .replaceAll(sep, '/')
      .replace(/\.json$/, '')
    if (content.id !== expected) throw new Error(`${path} calls itself ${content.id}`)
    fixtures.push(content as Fixture)
  }
  return fixtures.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * File, environment and flags to one frozen configuration. The only reader of the process's environment.
 * Precedence: flags, environment, file, defaults.
 */
import type { z } from 'zod'
import { renameAliases } from './aliases.ts'
import { readCatalogueFile, stampOf } from './catalogue-file.ts'
import type { CatalogueFault } from './catalogue-file.ts'
import { addProvidersOfEnvironment, fillCredentials, withoutCredential } from './credentials.ts'
import { nodeAt, nodeOf, plainValue, putNode } from './draft.ts'
import type { MapNode, Origin } from './draft.ts'
import { overrideFromEnvironment } from './environment-overrides.ts'
import { environmentOf } from './environment-values.ts'
import type { Environment } from './environment-values.ts'
import { explainIssue, placeOf, problemAt } from './explain.ts'
import type { Writing } from './explain.ts'
import { interpolate } from './interpolate.ts'
import { pathText } from './path.ts'
import { ConfigError, formatProblem } from './problem.ts'
import type { Problem } from './problem.ts'
import { configSchema } from './schema.ts'
import type { Config } from './schema.ts'
import type { CatalogueData } from './schema/catalogue-data.ts'
import { dropNothing, fileProblem, readFile, readRoot } from './read-file.ts'
import { readText, schemaAt } from './schema-walk.ts'
import { sourcesOf } from './sources.ts'
import { openAddressProblem } from './start-checks.ts'
import { tracingEndpoint } from './tracing-endpoint.ts'
import { unbuiltSettings } from './unbuilt.ts'

export interface LoadOptions {
  /** The file, as it is to be named in problems. Without one the environment says which providers exist. */
  file?: string
  /** The file's text, where the caller has read it already. */
  text?: string
  flags?: Flags
  env?: Readonly<Record<string, string | undefined>>
}

/** Command-line options as they were typed. */
export interface Flags {
  host?: string
  port?: string
  workers?: string
  metricsPort?: string
  logLevel?: string
}

export interface LoadedConfig {
  config: Config
  /** By path of each leaf: `default`, `file:LINE`, `env:NAME` or `flag:--NAME`. */
  sources: ReadonlyMap<string, string>
  /** Sentences for the log at start. */
  warnings: readonly string[]
  /** What keeps this valid configuration from being served: protections that do not work yet, an open door. */
  problems: readonly Problem[]
  /** Enabled providers that lack a credential: known, and never a candidate. */
  withoutCredential: readonly string[]
  /** What `catalogue.file` holds, where it is named and in order. */
  catalogueData: CatalogueData | undefined
  /** Changes with that file; empty where none is named. */
  catalogueStamp: string
  /** Of the file's bytes, where one was read. */
  fileDigest?: string | undefined
}

/** @throws ConfigError with every problem at once. */
export function loadConfig({ file, text, flags = {}, env = process.env }: LoadOptions = {}): LoadedConfig {
  try {
    const read = file === undefined || text !== undefined ? undefined : readFile(file)
    const loaded = load(file, text ?? read?.text, flags, environmentOf(env))
    return { ...loaded, fileDigest: read?.digest }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigError([fileProblem(file, 'values nested too deeply', 'the nesting of the schema')])
  }
}

function load(file: string | undefined, text: string | undefined, flags: Flags, environment: Environment) {
  const problems: Problem[] = []
  const warnings: string[] = []
  const root = readRoot(file, text, problems)
  renameAliases(root, (node, allowed, message) =>
    problems.push({
      ...placeOf(node.origin, file),
      path: pathText(node.origin.path),
      found: 'another value',
      allowed,
      message,
    }),
  )
  dropNothing(root, configSchema)
  if (file === undefined) addProvidersOfEnvironment(root, environment)
  else if (!root.entries.has('providers'))
    warnings.push(`${file} lists no provider, so no request can be served.`)
  const overridden = overrideFromEnvironment(root, configSchema, environment, file)
  problems.push(...overridden.problems)
  warnings.push(...overridden.warnings)
  applyFlags(root, flags)
  interpolate(root, configSchema, {
    environment,
    report: (origin, found, allowed) =>
      problems.push({ ...placeOf(origin, file), path: pathText(origin.path), found, allowed, message: '' }),
  })
  fillCredentials(root, environment)
  addAdminKey(root, environment)
  return complete({ root, schema: configSchema, file }, problems, warnings)
}

function complete(writing: Writing, problems: Problem[], warnings: string[]): LoadedConfig {
  const parsed = configSchema.safeParse(plainValue(writing.root))
  if (!parsed.success) problems.push(...explained(parsed.error, writing, problems))
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.toSorted(byPlace))
  const output = parsed.data
  resolveTracing(output, writing, warnings)
  const missing = withoutCredential(output.providers)
  for (const [name, what] of missing)
    warnings.push(`providers.${name}: has no ${what}, so it is never chosen.`)
  const config: Config = deepFreeze(output)
  const catalogueStamp = stampOf(config.catalogue.file)
  const read = config.catalogue.file === undefined ? undefined : readCatalogueFile(config.catalogue.file)
  const fault = read && 'found' in read ? read : undefined
  return {
    config,
    sources: sourcesOf(config, writing.root),
    ...standing(config, fault, writing, warnings),
    catalogueData: read && 'models' in read ? read.models : undefined,
    catalogueStamp,
    withoutCredential: [...missing.keys()],
  }
}

/** Leaves the address that traces really go to, with the source of the one that was written. */
function resolveTracing(output: z.output<typeof configSchema>, { root }: Writing, warnings: string[]): void {
  const { tracing } = output.telemetry
  const { endpoint, warning } = tracingEndpoint(tracing)
  if (endpoint === undefined) return
  const written = nodeAt(root, [
    'telemetry',
    'tracing',
    tracing.otlp_endpoint ? 'otlp_endpoint' : 'jaeger_endpoint',
  ])
  if (written) putNode(root, ['telemetry', 'tracing', 'otlp_endpoint'], written)
  tracing.otlp_endpoint = endpoint
  if (warning !== undefined) warnings.push(`telemetry.tracing.jaeger_endpoint: ${warning}`)
}

/** Problems of starting, and the warnings with those about features that are not there yet. */
function standing(
  config: Config,
  catalogueFault: CatalogueFault | undefined,
  writing: Writing,
  warnings: string[],
) {
  const unbuilt = unbuiltSettings(config, (path) => nodeAt(writing.root, path) !== undefined)
  const problems = unbuilt
    .filter(({ kind }) => kind === 'protection')
    .map(({ path, what }) =>
      problemAt(path, writing, {
        found: 'a protection that is on',
        allowed: 'enabled: false, or none',
        message: `this version does not have ${what} yet, and does not start as if it had`,
        atKey: true,
      }),
    )
  if (catalogueFault)
    problems.push(problemAt(['catalogue', 'file'], writing, { ...catalogueFault, message: '' }))
  const open = openAddressProblem(config)
  if (open)
    problems.push({ ...problemAt(['server', 'host'], writing, { allowed: '', message: '' }), ...open })
  const features = unbuilt.filter(({ kind }) => kind === 'feature')
  const texts = features.map(({ path, what }) => `${pathText(path)}: this version does not have ${what} yet.`)
  return { problems, warnings: [...warnings, ...texts] }
}

function explained(error: z.core.$ZodError, writing: Writing, known: readonly Problem[]): Problem[] {
  // What could not be replaced is refused for its looks as well; once is enough.
  const reported = new Set(known.map(({ path }) => path))
  return error.issues
    .flatMap((issue) => explainIssue(issue, writing))
    .filter(({ path }) => !reported.has(path))
}

const byPlace = (a: Problem, b: Problem): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)

const flagFields: Record<keyof Flags, { name: string; path: string[] }> = {
  host: { name: '--host', path: ['server', 'host'] },
  port: { name: '--port', path: ['server', 'port'] },
  workers: { name: '--workers', path: ['server', 'workers'] },
  metricsPort: { name: '--metrics-port', path: ['server', 'metrics_port'] },
  logLevel: { name: '--verbose', path: ['telemetry', 'logging', 'level'] },
}

function applyFlags(root: MapNode, flags: Flags): void {
  for (const [flag, { name, path }] of Object.entries(flagFields)) {
    const text = flags[flag as keyof Flags]
    if (text === undefined) continue
    const origin: Origin = { kind: 'flag', name, path }
    putNode(root, path, nodeOf(readText(schemaAt(configSchema, path), text), origin))
  }
}

/** GATEWAY_ADMIN_KEY is an admin key, whether the file names it or not. */
function addAdminKey(root: MapNode, environment: Environment): void {
  const key = environment.get('GATEWAY_ADMIN_KEY') ?? ''
  const path = ['auth', 'admin_keys']
  const origin: Origin = { kind: 'env', name: 'GATEWAY_ADMIN_KEY', path }
  if (key === '') return
  if (nodeAt(root, path) === undefined) putNode(root, path, { kind: 'list', origin, items: [] })
  const list = nodeAt(root, path)
  if (list?.kind !== 'list' || list.items.some((item) => item.kind === 'scalar' && item.value === key)) return
  list.items.push({ kind: 'scalar', origin: { ...origin, path: [...path, list.items.length] }, value: key })
}

function deepFreeze<T>(value: T): Config & T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value as Config & T
}

export { ConfigError, formatProblem }
export type { Config, Problem }

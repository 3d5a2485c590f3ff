/** Puts the environment's values over the file's. Names that mean nothing, or two things, are problems. */
import { clientNames } from './client-names.ts'
import { nodeAt, nodeOf, plainValue, putNode } from './draft.ts'
import type { MapNode } from './draft.ts'
import {
  allNames,
  environmentWord,
  isServiceLink,
  matchName,
  prefix,
  usualNames,
} from './environment-names.ts'
import type { EntryNames } from './environment-names.ts'
import type { Environment } from './environment-values.ts'
import { nearestWord } from './nearest.ts'
import { pathText } from './path.ts'
import type { Problem } from './problem.ts'
import { readText, schemaAt } from './schema-walk.ts'
import type { AnySchema } from './schema-walk.ts'

interface Override {
  name: string
  path: string[]
  value: string
}

export function overrideFromEnvironment(
  root: MapNode,
  schema: AnySchema,
  environment: Environment,
  file: string | undefined,
): { problems: Problem[]; warnings: string[] } {
  const problems: Problem[] = []
  const warnings: string[] = []
  const entries = entryNames(root, file)
  const own: Override[] = []
  for (const name of environment
    .names()
    .filter((one) => one.startsWith(prefix))
    .sort()) {
    const value = environment.get(name) ?? ''
    if (value === '' || Object.values<string>(clientNames).includes(name) || isServiceLink(name, value))
      continue
    const match = matchName(schema, name, entries)
    const isWholeList = file !== undefined && match?.path.length === 1 && match.path[0] === 'providers'
    if (match?.alike) problems.push(alikeProblem(name, match.alike))
    else if (match === undefined || isWholeList) problems.push(unknownName(name, schema, entries, file))
    else own.push({ name, path: match.path, value })
  }
  // Sections before their fields, so that the more exact name has the last word; before both, shared names.
  own.sort((a, b) => a.path.length - b.path.length)
  const usual = Object.entries(usualNames).map(([name, path]) => ({ name, path: [...path] }))
  const shared = usual.map((one) => ({ ...one, value: environment.get(one.name) ?? '' }))
  for (const override of [...shared.filter(({ value }) => value !== ''), ...own]) {
    const rival = rivalOf(root, override)
    const problem = apply(root, schema, override)
    if (problem) problems.push(problem)
    else if (rival !== undefined)
      warnings.push(
        `${pathText(override.path)}: ${override.name} is used, and ${rival}, which differs, is not.`,
      )
  }
  return { problems, warnings }
}

function entryNames(root: MapNode, file: string | undefined): EntryNames {
  return {
    known: (path) => {
      const node = nodeAt(root, path)
      return node?.kind === 'map' ? [...node.entries.keys()] : []
    },
    // With a file, exactly the providers that it lists exist.
    mayAdd: (path) => file === undefined || path.length > 1,
  }
}

function apply(root: MapNode, schema: AnySchema, { name, path, value }: Override): Problem | undefined {
  const read = readText(schemaAt(schema, path), value)
  if (holdsPrototypeKey(read))
    return {
      variable: name,
      path: pathText(path),
      found: 'the key __proto__',
      allowed: 'any other key',
      message: '',
    }
  putNode(root, path, nodeOf(read, { kind: 'env', name, path }))
  return undefined
}

/** Another variable that set the same field to something else. */
function rivalOf(root: MapNode, { path, value }: Override): string | undefined {
  const present = nodeAt(root, path)
  if (present?.origin.kind !== 'env' || present.origin.name === '') return undefined
  return String(plainValue(present)) === value ? undefined : present.origin.name
}

function holdsPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(holdsPrototypeKey)
}

function alikeProblem(name: string, alike: readonly string[]): Problem {
  const message = 'they look the same in capitals, so set the value in the file'
  return {
    variable: name,
    path: '',
    found: `a name for ${alike.join(' and ')}`,
    allowed: 'a name for one entry',
    message,
  }
}

function unknownName(
  name: string,
  schema: AnySchema,
  entries: EntryNames,
  file: string | undefined,
): Problem {
  const near = nearestWord(name, allNames(schema, entries))
  const isProvider = name.startsWith(`${prefix}PROVIDERS`) && file !== undefined
  const listed = entries.known(['providers']).map((one) => `${prefix}PROVIDERS_${environmentWord(one)}_...`)
  const ofFile = listed.length > 0 ? listed.join(', ') : `nothing: ${file} lists no provider`
  return {
    variable: name,
    path: '',
    found: 'a name that sets no field',
    allowed: isProvider ? ofFile : `${prefix} and the path of a field in capitals: ${prefix}SERVER_PORT`,
    message: near === undefined ? '' : `did you mean ${near}?`,
  }
}

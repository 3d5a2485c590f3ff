/**
 * `${NAME}` and `${NAME:-default}` inside strings of the file. `$${NAME}` stands for the text `${NAME}`.
 * A missing variable is a problem, except in a section that is off.
 */
import { childOf } from './draft.ts'
import type { DraftNode, MapNode, Origin, ScalarNode } from './draft.ts'
import type { Environment } from './environment-values.ts'
import { defaultOf, kindOf, mayBeAbsent, readText, stepInto } from './schema-walk.ts'
import type { AnySchema } from './schema-walk.ts'

export type ReportText = (origin: Origin, found: string, allowed: string) => void

interface Surroundings {
  environment: Environment
  report: ReportText
}

/** Replaces in place; a field or list item with a missing variable in a section that is off is left out. */
export function interpolate(root: MapNode, schema: AnySchema, surroundings: Surroundings): void {
  visitMap(root, schema, true, surroundings)
}

/** What became of a node: whole, without one of its fields, or of no use any more. */
type Outcome = 'whole' | 'partial' | 'gone'

function visit(node: DraftNode, schema: AnySchema | undefined, isOn: boolean, around: Surroundings): Outcome {
  if (node.kind === 'map') return visitMap(node, schema, isOn, around)
  if (node.kind === 'scalar') return visitScalar(node, schema, isOn, around)
  const element = schema && stepInto(schema, 0)
  // An entry of a list without one of its fields would mean something else: the whole entry goes.
  const items = node.items.filter((item) => visit(item, element, isOn, around) === 'whole')
  const isEmptied = items.length === 0 && node.items.length > 0
  node.items = items
  return isEmptied ? 'gone' : 'whole'
}

function visitMap(
  node: MapNode,
  schema: AnySchema | undefined,
  isOn: boolean,
  around: Surroundings,
): Outcome {
  const flag = node.entries.get('enabled')
  const flagSchema = schema && stepInto(schema, 'enabled')
  if (flag && visit(flag, flagSchema, isOn, around) === 'gone') node.entries.delete('enabled')
  // A section is off where it says so itself, or one around it does.
  const isOnHere = isOn && isSwitchedOn(childOf(node, 'enabled'), flagSchema)
  let outcome: Outcome = 'whole'
  for (const [key, value] of node.entries) {
    const inner = schema && stepInto(schema, key)
    if (key === 'enabled' || visit(value, inner, isOnHere, around) !== 'gone') continue
    node.entries.delete(key)
    if (outcome === 'whole') outcome = 'partial'
    if (schema && isRequired(schema, inner)) outcome = 'gone'
  }
  return outcome
}

/** A section without a field that it must have is no section; a record can do without any of its entries. */
const isRequired = (section: AnySchema, field: AnySchema | undefined): boolean =>
  field !== undefined && kindOf(section) === 'object' && !mayBeAbsent(field)

function isSwitchedOn(flag: DraftNode | undefined, schema: AnySchema | undefined): boolean {
  const written = flag?.kind === 'scalar' ? flag.value : undefined
  return (written ?? defaultOf(schema)) !== false
}

function visitScalar(
  node: ScalarNode,
  schema: AnySchema | undefined,
  isOn: boolean,
  around: Surroundings,
): Outcome {
  if (node.origin.kind !== 'file' || typeof node.value !== 'string' || !node.value.includes('${'))
    return 'whole'
  const { text, variables, missing, malformed } = replaceVariables(node.value, around.environment)
  if (malformed !== undefined)
    around.report(node.origin, malformed, '${NAME}, ${NAME:-default}, or $${ for the text ${')
  else if (missing.length > 0 && isOn)
    for (const name of missing)
      around.report(
        node.origin,
        `\${${name}}, and ${name} is not set in the environment`,
        `a value for ${name} in the environment, or a default: \${${name}:-default}`,
      )
  if (missing.length > 0 || malformed !== undefined) return isOn ? 'whole' : 'gone'
  node.origin = { ...node.origin, variables }
  node.value = variables.length > 0 ? readText(schema, text) : text
  return 'whole'
}

export function replaceVariables(
  text: string,
  environment: Environment,
): { text: string; variables: string[]; missing: string[]; malformed: string | undefined } {
  const variables: string[] = []
  const missing: string[] = []
  let malformed: string | undefined
  const replaced = text.replaceAll(/\$\$\{|\$\{([^{}]*)\}|\$\{/g, (whole, inside: string | undefined) => {
    if (whole === '$${') return '${'
    const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside ?? '') ?? []
    if (name === undefined) {
      malformed ??=
        inside === undefined ? '${ without its }, or one inside another' : '${...} that holds no name'
      return whole
    }
    variables.push(name)
    const value = environment.get(name)
    // As in a shell: the default also stands in for a variable that is set to nothing.
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value === undefined) missing.push(name)
    return value ?? ''
  })
  return { text: replaced, variables, missing, malformed }
}

import { readJson, send } from '../client.ts'
import { CliError, exitCodes, print } from '../io.ts'
import type { CommandContext } from '../io.ts'

interface ModelsOptions {
  provider?: string
  capabilities?: boolean
}

interface Model {
  id: string
  owned_by?: string
  capabilities?: Record<string, unknown> | string[]
  context_window?: number
  max_output_tokens?: number
}

export async function models(context: CommandContext, options: ModelsOptions): Promise<void> {
  const answer = (await readJson(await send(context, { path: '/v1/models' }))) as { data?: unknown } | null
  if (!Array.isArray(answer?.data))
    throw new CliError(exitCodes.failed, 'The answer is not a list of models. Is this an llm-gateway?')
  const { provider } = options
  const shown = (answer.data as Model[]).filter(
    ({ id, owned_by: owner }) =>
      provider === undefined || owner === provider || id.startsWith(`${provider}/`),
  )
  print(context, shown, await table(shown, options))
}

async function table(shown: readonly Model[], { provider, capabilities }: ModelsOptions): Promise<string> {
  if (shown.length === 0) return provider === undefined ? 'No models.' : `No models of ${provider}.`
  const { default: Table } = await import('cli-table3')
  const rows = new Table({
    head: ['model', 'owned by', ...(capabilities ? ['context', 'output', 'capabilities'] : [])],
    // Plain text, also where it is piped into another program.
    style: { head: [], border: [], compact: true },
    chars: Object.fromEntries(borders.map((border) => [border, ''])),
  })
  for (const model of shown)
    rows.push([model.id, model.owned_by ?? '', ...(capabilities ? facts(model) : [])])
  return rows
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const borders = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
]

const facts = (model: Model): string[] => [
  String(model.context_window ?? ''),
  String(model.max_output_tokens ?? ''),
  capabilityText(model),
]

function capabilityText({ capabilities }: Model): string {
  if (capabilities === undefined) return 'unknown'
  if (Array.isArray(capabilities)) return capabilities.join(', ')
  return Object.entries(capabilities)
    .filter(([, value]) => value !== false && value !== null)
    .map(([name, value]) => (value === true ? name : `${name} ${String(value)}`))
    .join(', ')
}

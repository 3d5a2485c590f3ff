/** Checks across sections: every name that refers to something must refer to something that is there. */
import { asList, asRecord, reportRepeats } from './fields.ts'
import type { ReportProblem } from './fields.ts'

export function checkReferences(value: unknown, report: ReportProblem): void {
  const config = asRecord(value)
  const names = Object.keys(asRecord(config.providers))
  const known: NameCheck = (name, path) => {
    if (typeof name === 'string' && !names.includes(name))
      report(path, `names the provider "${name}", which is not in providers`, oneOf(names))
  }
  checkRouting(asRecord(config.routing), known)
  checkVirtualModels(asList(config.models), known, report)
  for (const [index, entry] of asList(asRecord(config.catalogue).models).entries())
    known(asRecord(entry).provider, ['catalogue', 'models', index, 'provider'])
  reportRepeats(config.models, 'name', ['models'], report)
  reportRepeats(config.tenants, 'id', ['tenants'], report)
  checkCache(config, known, report)
}

type NameCheck = (name: unknown, path: (string | number)[]) => void

const oneOf = (names: string[]): string =>
  names.length > 0 ? `one of ${names.join(', ')}` : 'none: no provider is listed'

function checkRouting(routing: Record<string, unknown>, known: NameCheck): void {
  known(routing.default_provider, ['routing', 'default_provider'])
  for (const [index, rule] of asList(routing.rules).entries())
    known(asRecord(rule).target_provider, ['routing', 'rules', index, 'target_provider'])
}

function checkVirtualModels(models: unknown[], known: NameCheck, report: ReportProblem): void {
  const fallbacksOf = new Map<string, string[]>()
  for (const [index, entry] of models.entries()) {
    const model = asRecord(entry)
    for (const [place, target] of asList(model.targets).entries())
      known(asRecord(target).provider, ['models', index, 'targets', place, 'provider'])
    if (typeof model.name === 'string')
      fallbacksOf.set(
        model.name,
        asList(model.fallbacks).filter((name) => typeof name === 'string'),
      )
  }
  for (const [index, entry] of models.entries()) {
    const name = asRecord(entry).name
    if (typeof name !== 'string') continue
    for (const [place, fallback] of asList(asRecord(entry).fallbacks).entries()) {
      const circle = typeof fallback === 'string' ? pathBetween(fallback, name, fallbacksOf) : undefined
      if (circle !== undefined)
        report(
          ['models', index, 'fallbacks', place],
          `closes a circle: ${[name, ...circle].join(' -> ')}`,
          'fallbacks that never lead back',
        )
    }
  }
}

/** The names from `start` to `goal` along fallbacks, both included; nothing where there is no way. */
function pathBetween(start: string, goal: string, fallbacksOf: Map<string, string[]>): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]])
  for (const name of cameFrom.keys()) {
    if (name === goal) {
      const path: string[] = []
      for (let at: string | undefined = name; at !== undefined; at = cameFrom.get(at)) path.unshift(at)
      return path
    }
    for (const next of fallbacksOf.get(name) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, name)
  }
  return undefined
}

function checkCache(config: Record<string, unknown>, known: NameCheck, report: ReportProblem): void {
  const cache = asRecord(config.cache)
  if (cache.enabled !== true) return
  const redis = config.redis === undefined ? undefined : asRecord(config.redis)
  if (cache.backend === 'redis' && (redis === undefined || redis.enabled === false))
    report(
      ['cache', 'backend'],
      'is redis, and no redis is configured',
      'memory, or redis with a redis section',
    )
  known(asRecord(asRecord(cache.semantic_cache).embedding).provider, [
    ...['cache', 'semantic_cache', 'embedding', 'provider'],
  ])
}

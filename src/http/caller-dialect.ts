import type { CallerDialect } from '../dialects/dialect.ts'
import { errorDialects } from '../pipeline/endpoints.ts'
import type { Request } from './context.ts'

/** How the caller speaks: the route's dialect; elsewhere Anthropic's for whoever sends its version header, as its clients always do. */
export function callerDialect(request: Request): CallerDialect {
  const declared = request.routeOptions.config.dialect
  if (declared) return declared
  const path = request.url.split('?', 1)[0] as string
  const speaksAnthropic =
    request.headers['anthropic-version'] !== undefined || /^(\/v1)?\/messages(\/|$)/.test(path)
  return speaksAnthropic ? errorDialects.anthropic : errorDialects.openai
}

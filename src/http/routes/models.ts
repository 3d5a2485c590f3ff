import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../../pipeline/call.ts'
import { isInAllowedRegion, resolve, type Routing } from '../../pipeline/choose.ts'
import { openModelListings, type ModelListings } from '../../pipeline/model-listings.ts'
import type { Provider, Target } from '../../pipeline/target.ts'
import type { Reply, Request } from '../context.ts'
import { anthropicList, anthropicModel, openaiList, openaiModel, type ListedModel } from './model-shapes.ts'

/** `GET /v1/models` and `/v1/models/{id}`, in OpenAI's shape, or in Anthropic's for whoever sends its version header. */
export function modelRoutes(app: FastifyInstance): void {
  const config = { caller: 'tenant' } as const
  const listings = openModelListings()
  const list = async (request: Request, reply: Reply) => {
    const models = await listed(request.runtime.pipeline.routing, request.principal as Principal, listings)
    return send(reply, speaksAnthropic(request) ? anthropicList(models) : openaiList(models))
  }
  const one = async (request: Request, reply: Reply) => {
    const model = await find((request.params as { '*': string })['*'], request, listings)
    return send(reply, speaksAnthropic(request) ? anthropicModel(model) : openaiModel(model))
  }
  for (const prefix of ['/v1', '']) {
    app.get(`${prefix}/models`, { config }, list)
    // Model ids contain `/`, raw or encoded.
    app.get(`${prefix}/models/*`, { config }, one)
  }
}

/** Each virtual and each bare name once, in the order of the configuration; only what the key may use. */
async function listed(
  routing: Routing,
  principal: Principal,
  listings: ModelListings,
): Promise<ListedModel[]> {
  const models = new Map<string, ListedModel>()
  const add = (id: string, ownedBy: string, { provider, model }: Target) => {
    if (!models.has(id) && principal.mayUse(id))
      models.set(id, { id, ownedBy, facts: provider.describe(model) })
  }
  for (const name of routing.virtualModels.keys()) {
    const target = resolve(name, routing).find(({ provider }) => mayServe(provider, principal))
    if (target) add(name, 'llm-gateway', target)
  }
  const providers = [...routing.providers.values()].filter((provider) => mayServe(provider, principal))
  const own = await listings.of(providers)
  for (const provider of providers) {
    for (const model of provider.models) add(model, provider.name, { provider, model })
    for (const model of own.get(provider) ?? [])
      if (!provider.lists(model))
        add(shortestName({ provider, model }, routing), provider.name, { provider, model })
  }
  return [...models.values()]
}

/** No call is routed by what a provider lists itself, so a bare name may lead elsewhere, or nowhere. */
function shortestName({ provider, model }: Target, routing: Routing): string {
  const [first] = resolve(model, routing)
  return first?.provider === provider && first.model === model ? model : `${provider.name}/${model}`
}

async function find(id: string, request: Request, listings: ModelListings): Promise<ListedModel> {
  const { routing } = request.runtime.pipeline
  const principal = request.principal as Principal
  const target = resolve(id, routing).find(({ provider }) => mayServe(provider, principal))
  const isVirtual = routing.virtualModels.has(id)
  // An address is a model only where its provider lists it; what is merely tried by prefix is not known to exist.
  const isThere =
    target !== undefined && principal.mayUse(id) && (isVirtual || (await isListed(target, listings)))
  if (!isThere) {
    throw new GatewayError('model_not_found', {
      message: `The model ${JSON.stringify(id)} does not exist here.`,
      param: 'model',
    })
  }
  return {
    id,
    ownedBy: isVirtual ? 'llm-gateway' : target.provider.name,
    facts: target.provider.describe(target.model),
  }
}

async function isListed({ provider, model }: Target, listings: ModelListings): Promise<boolean> {
  if (provider.lists(model)) return true
  return (await listings.of([provider])).get(provider)?.includes(model) ?? false
}

const mayServe = (provider: Provider, principal: Principal): boolean =>
  provider.unusable === undefined && isInAllowedRegion(provider, principal)

const speaksAnthropic = (request: Request) => request.headers['anthropic-version'] !== undefined

const send = (reply: Reply, body: unknown): Reply =>
  reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body))

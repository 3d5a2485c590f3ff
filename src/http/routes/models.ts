import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../../pipeline/call.ts'
import { isInAllowedRegion, resolve, type Routing } from '../../pipeline/choose.ts'
import type { ModelFacts, Provider, Target } from '../../pipeline/target.ts'
import type { Reply, Request } from '../context.ts'

interface ListedModel {
  id: string
  ownedBy: string
  /** What the catalogue knows of it; a virtual name is as good as its first target. */
  facts: ModelFacts | undefined
}

/** `GET /v1/models` and `/v1/models/{id}`, in OpenAI's shape, or in Anthropic's for whoever sends its version header. */
export function modelRoutes(app: FastifyInstance): void {
  const config = { caller: 'tenant' } as const
  const list = (request: Request, reply: Reply) => {
    const models = listed(request.runtime.pipeline.routing, request.principal as Principal)
    return send(reply, speaksAnthropic(request) ? anthropicList(models) : openaiList(models))
  }
  const one = (request: Request, reply: Reply) => {
    const model = find((request.params as { '*': string })['*'], request)
    return send(reply, speaksAnthropic(request) ? anthropicModel(model) : openaiModel(model))
  }
  for (const prefix of ['/v1', '']) {
    app.get(`${prefix}/models`, { config }, list)
    // Model ids contain `/`, raw or encoded.
    app.get(`${prefix}/models/*`, { config }, one)
  }
}

/** Each virtual and each bare name once, in the order of the configuration; only what the key may use. */
function listed(routing: Routing, principal: Principal): ListedModel[] {
  const models = new Map<string, ListedModel>()
  const add = (id: string, ownedBy: string, { provider, model }: Target) => {
    if (!models.has(id) && principal.mayUse(id))
      models.set(id, { id, ownedBy, facts: provider.describe(model) })
  }
  for (const name of routing.virtualModels.keys()) {
    const target = resolve(name, routing).find(({ provider }) => mayServe(provider, principal))
    if (target) add(name, 'llm-gateway', target)
  }
  for (const provider of routing.providers.values()) {
    if (!mayServe(provider, principal)) continue
    for (const model of provider.models) add(model, provider.name, { provider, model })
  }
  return [...models.values()]
}

function find(id: string, request: Request): ListedModel {
  const { routing } = request.runtime.pipeline
  const principal = request.principal as Principal
  const target = resolve(id, routing).find(({ provider }) => mayServe(provider, principal))
  const isVirtual = routing.virtualModels.has(id)
  // An address is a model only where its provider lists it; what is merely tried by prefix is not known to exist.
  if (!target || !principal.mayUse(id) || !(isVirtual || target.provider.lists(target.model))) {
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

const mayServe = (provider: Provider, principal: Principal): boolean =>
  provider.unusable === undefined && isInAllowedRegion(provider, principal)

const speaksAnthropic = (request: Request) => request.headers['anthropic-version'] !== undefined

// Nobody says when a provider's model was made; 0 keeps the field's type.
const openaiModel = ({ id, ownedBy, facts }: ListedModel) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: ownedBy,
  capabilities: facts?.capabilities,
  context_window: facts?.contextTokens,
  max_output_tokens: facts?.maxOutputTokens,
})
const openaiList = (models: ListedModel[]) => ({ object: 'list', data: models.map(openaiModel) })

const anthropicModel = ({ id }: ListedModel) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '1970-01-01T00:00:00Z',
})
const anthropicList = (models: ListedModel[]) => ({
  data: models.map(anthropicModel),
  has_more: false,
  first_id: models[0]?.id ?? null,
  last_id: models.at(-1)?.id ?? null,
})

const send = (reply: Reply, body: unknown): Reply =>
  reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body))

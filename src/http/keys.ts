import { hash } from 'node:crypto'
import type { Config, KeyConfig } from '../config/schema.ts'
import type { Principal } from '../pipeline/call.ts'
import { globMatcher } from '../pipeline/glob.ts'

/** Who a presented key belongs to. */
export interface Keys {
  /** `undefined`: nobody. */
  find(key: string): Principal | undefined
  /** Who presented this very header value with a valid key before; saves taking it apart and hashing it. */
  readonly known: Map<string, Principal>
  /** Who calls without a key where none is configured or authentication is off; `undefined` where a key is needed. */
  readonly anyone: Principal | undefined
}

const everything = new Set(['inference', 'admin', 'read_usage'] as const)
const tenantScopes = new Set(['inference', 'read_usage'] as const)

/** Keys of the configuration, resolved to their tenants once. */
export function staticKeys(config: Config): Keys {
  const byDigest = new Map<string, Principal>()
  config.auth.admin_keys.forEach((key, index) => byDigest.set(digest(key), admin(`admin-${index + 1}`)))
  for (const key of config.auth.keys) byDigest.set(digest(key.key), ofTenant(key, config))
  const open = !config.auth.enabled || byDigest.size === 0
  return {
    // Looked up by digest: how long it takes says nothing about how much of a key was right.
    find: (key) => byDigest.get(digest(key)),
    known: new Map(),
    anyone: open ? admin('anyone') : undefined,
  }
}

const digest = (key: string) => hash('sha256', key)

function admin(keyName: string): Principal {
  return { tenant: 'default', keyName, scopes: everything, mayUse: () => true, allowedRegions: undefined }
}

function ofTenant(key: KeyConfig, config: Config): Principal {
  const tenant = config.tenants.find(({ id }) => id === key.tenant)
  const lists = [tenant?.allowed_models, key.allowed_models].filter((list) => list !== undefined)
  const rules = lists.map((list) => list.map(globMatcher))
  return {
    tenant: key.tenant,
    keyName: key.name,
    scopes: tenantScopes,
    mayUse(model) {
      const bare = withoutProvider(model, config)
      return rules.every((rule) => rule.some((matches) => matches(model) || matches(bare)))
    },
    allowedRegions: tenant?.allowed_regions && new Set(tenant.allowed_regions),
  }
}

/** `openai/gpt-4o` is allowed where `gpt-4o` is; a word before `/` that names no provider is part of the name. */
function withoutProvider(model: string, config: Config): string {
  const slash = model.indexOf('/')
  return slash > 0 && Object.hasOwn(config.providers, model.slice(0, slash)) ? model.slice(slash + 1) : model
}

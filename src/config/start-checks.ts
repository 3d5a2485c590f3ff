/** What keeps a valid configuration from being served. */
import { BlockList, isIP } from 'node:net'
import type { Problem } from './problem.ts'
import type { Config } from './schema.ts'

/** Whether no caller could have a key, decided from the configuration alone. */
export const isKeyless = ({ auth }: Config): boolean =>
  auth.keys.length === 0 && auth.admin_keys.length === 0 && !auth.jwt?.jwks_url

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an address to listen on is reachable from this machine only. A name other than localhost may not be. */
export function isLoopbackHost(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return host.toLowerCase() === 'localhost'
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** A gateway without keys lets everyone do everything: on an open address only where the operator says so. */
export function openAddressProblem(config: Config): Problem | undefined {
  if (!config.auth.enabled || !isKeyless(config) || isLoopbackHost(config.server.host)) return undefined
  return {
    path: 'server.host',
    found: `${JSON.stringify(config.server.host)} and no key`,
    allowed: 'a loopback address, or a key',
    message:
      'without a key everyone who reaches this address could spend your money: set GATEWAY_ADMIN_KEY, auth.admin_keys or auth.keys, or say auth.enabled: false',
  }
}

import { BlockList, isIP } from 'node:net'
import type { Request } from './context.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const forwardingHeaders = [
  ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'],
  ...['x-forwarded-server', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip'],
  'cf-connecting-ip',
]

/** Whether an address is of this machine: `127.0.0.0/8`, `::1`, also written as IPv6-mapped IPv4. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Whether the caller sits on this machine: its address is loopback and nobody says it was passed on. */
export function isFromLoopback(request: Request): boolean {
  if (!isLoopbackAddress(request.raw.socket.remoteAddress ?? '')) return false
  return forwardingHeaders.every((name) => request.headers[name] === undefined)
}

/** Whether a host name (without port, brackets allowed) can only mean this machine. */
export function isLoopbackName(name: string): boolean {
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  return bare === 'localhost' || bare.endsWith('.localhost') || isLoopbackAddress(bare)
}

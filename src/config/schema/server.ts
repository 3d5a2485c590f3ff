import { z } from 'zod'
import { addressRange, count, countOrZero, crossCheck, listenAddress, port, seconds } from './fields.ts'

export const serverSchema = z
  .strictObject({
    host: listenAddress()
      .default('127.0.0.1')
      .describe('Address to listen on. Other than loopback needs a key.'),
    port: port().default(8080).describe('Port of the API; 0 takes a free one.'),
    metrics_port: port()
      .default(9090)
      .describe('Port that serves /metrics alone, without authentication, on the same host.'),
    max_connections: count().default(10_000).describe('Connections open at once; more are refused.'),
    timeout_seconds: seconds()
      .default(300)
      .describe('Longest time a caller may take to send a request (408 after it).'),
    workers: countOrZero().max(1024).default(1).describe('Processes that serve; 0 is one per core.'),
    shutdown_grace_seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('How long requests may finish after SIGTERM before they are cut.'),
    trusted_proxies: z
      .array(addressRange())
      .default([])
      .describe('Proxies whose forwarding headers are believed: addresses and CIDR ranges.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const server = value as { port?: unknown; metrics_port?: unknown }
      if (server.port === server.metrics_port && typeof server.port === 'number' && server.port !== 0)
        report(['metrics_port'], 'is the same as server.port', 'a port of its own')
    }),
  )

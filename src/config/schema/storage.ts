import { z } from 'zod'
import { asRecord, connectionUrl, count, countOrZero, crossCheck, hostName, secret, text } from './fields.ts'

export const databaseSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false runs without: keys of this file only.'),
    url: connectionUrl('postgres', 'postgresql')
      .optional()
      .describe('Postgres; unset: the embedded one in data_dir. DATABASE_URL sets it too.'),
    max_connections: count().default(20).describe('Connections open at once.'),
    min_connections: countOrZero().default(0).describe('Connections kept open.'),
    data_dir: text().default('./data').describe('Where the embedded database lives.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const { max_connections: most, min_connections: least } = asRecord(value)
      if (typeof most === 'number' && typeof least === 'number' && least > most)
        report(['min_connections'], 'is more than max_connections', `${most} or less`)
    }),
  )

const waysToRedis = ['url', 'sentinels', 'cluster'] as const

export const redisSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false: nothing is shared between instances.'),
    url: connectionUrl('redis', 'rediss').optional().describe('One server. REDIS_URL sets it too.'),
    sentinels: z.array(hostName()).min(1).optional().describe('host:port of each sentinel.'),
    sentinel_name: text().default('mymaster').describe('What the sentinels call the server.'),
    cluster: z.array(hostName()).min(1).optional().describe('host:port of some nodes of a cluster.'),
    username: text().optional().describe('For sentinels and clusters.'),
    password: secret().optional().describe('For sentinels and clusters.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const redis = asRecord(value)
      const given = waysToRedis.filter((way) => redis[way] !== undefined)
      for (const way of given.slice(1))
        report([way], `stands beside ${given[0]}`, `one of ${waysToRedis.join(', ')}`)
      if (given.length === 0 && redis.enabled !== false)
        report([], 'says nowhere to connect to', `one of ${waysToRedis.join(', ')}`)
    }),
  )

export const ledgerSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Record what every attempt used and cost.'),
  fsync: z.boolean().default(false).describe('Survive power loss too, at a cost in speed.'),
  spool_dir: text().default('./data/spool').describe('Where records wait for the database.'),
  max_spool_mb: count().default(1024).describe('When this is full, billable work is refused.'),
})

export const pricingSchema = z.strictObject({
  strict: z.boolean().default(false).describe('Refuse a call whose price is not known.'),
})

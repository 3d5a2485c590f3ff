import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from './project.ts'

interface Service {
  image?: string
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  environment?: Record<string, string | null>
  healthcheck?: { test?: string[] }
  volumes?: string[]
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

interface Panel {
  title: string
  datasource: { uid: string }
  targets: { expr: string }[]
}

const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8')
const compose = parse(await read('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)

describe('docker-compose.yml', () => {
  test('has the gateway and what stands around it', () => {
    const names = ['gateway', 'postgres', 'redis', 'prometheus', 'grafana', 'jaeger']
    expect(Object.keys(compose.services)).toEqual(names)
    expect(compose.services.postgres?.image).toBe('postgres:17')
    expect(compose.services.redis?.image).toBe('redis:7')
  })

  test.each(services)('%s has no more rights than it needs, and a check of its health', (name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
    expect(service.healthcheck?.test?.[0]).toBe('CMD')
    if (name !== 'gateway') expect(service.image).toMatch(/:v?\d/)
  })

  test('does not start the gateway without a key and a database password', () => {
    const environment = compose.services.gateway?.environment
    expect(environment?.GATEWAY_ADMIN_KEY).toMatch(/^\$\{GATEWAY_ADMIN_KEY:\?.+\}$/)
    expect(environment?.DATABASE_URL).toMatch(/\$\{POSTGRES_PASSWORD:\?[^}]+\}@postgres:5432\//)
    expect(compose.services.gateway?.user).toBe('65532:65532')
  })

  test('waits only for services that exist, and uses only volumes and files that exist', async () => {
    const mounts = services
      .flatMap(([, service]) => service.volumes ?? [])
      .map((mount) => mount.split(':')[0] ?? '')
    for (const mount of mounts.filter((source) => !source.startsWith('.')))
      expect(compose.volumes).toHaveProperty(mount)
    const awaited = services.flatMap(([, service]) => Object.keys(service.depends_on ?? {}))
    for (const name of awaited) expect(compose.services).toHaveProperty(name)
    await read('deploy/prometheus/prometheus.yml')
    await read('deploy/grafana/provisioning/datasources/prometheus.yaml')
  })

  test('publishes to loopback unless told otherwise', () => {
    for (const port of services.flatMap(([, service]) => service.ports ?? []))
      expect(port).toMatch(/^(127\.0\.0\.1|\$\{GATEWAY_BIND:-127\.0\.0\.1\}):/)
  })

  test('lets Prometheus read the port that needs no key', async () => {
    const prometheus = parse(await read('deploy/prometheus/prometheus.yml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[]
    }
    expect(prometheus.scrape_configs[0]?.static_configs[0]?.targets).toEqual(['gateway:9090'])
  })
})

describe('the dashboard', () => {
  test('asks the provisioned data source for metrics that the gateway has', async () => {
    const { panels } = JSON.parse(await read('deploy/grafana/dashboards/llm-gateway.json')) as {
      panels: Panel[]
    }
    const catalogue = await read('src/observability/metric-catalogue.ts')
    const sources = parse(await read('deploy/grafana/provisioning/datasources/prometheus.yaml')) as {
      datasources: { uid: string }[]
    }
    for (const panel of panels) {
      expect(panel.datasource.uid, panel.title).toBe(sources.datasources[0]?.uid)
      for (const { expr } of panel.targets) {
        const names = expr.match(/\bgateway_[a-z_]+/g) ?? []
        for (const name of names)
          expect(catalogue, panel.title).toContain(`'${name.replace(/_bucket$/, '')}'`)
      }
    }
  })
})

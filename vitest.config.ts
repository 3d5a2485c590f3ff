import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores are what CI has; more forks only make timing tests nervous.
    maxWorkers: 2,
    pool: 'forks',
    server: { deps: { inline: ['drizzle-orm'] } },
  },
})

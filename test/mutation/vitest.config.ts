import { defineConfig } from 'vitest/config'

/** What speaks of dialects directly: quick enough to be run for every mutant. */
export default defineConfig({
  test: {
    include: ['test/dialects/**/*.test.ts', 'test/canonical/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 1,
    pool: 'forks',
  },
})

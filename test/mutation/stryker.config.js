/**
 * Mutation test of the dialects: `npm run test:mutation [-- --mutate src/dialects/gemini/**]`. Changes of conditions,
 * fields, blocks and calls; words and numbers are left alone, because a recording shows those.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  mutate: ['src/dialects/**/*.ts'],
  mutator: {
    excludedMutations: ['StringLiteral', 'Regex', 'EqualityOperator', 'ArithmeticOperator', 'UpdateOperator'],
  },
  concurrency: 2,
  timeoutMS: 20_000,
  ignoreStatic: true,
  inPlace: false,
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: 'test/mutation/report.json' },
  thresholds: { high: 90, low: 85, break: null },
}

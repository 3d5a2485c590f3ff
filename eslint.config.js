import { readFileSync } from 'node:fs'
import tseslint from 'typescript-eslint'

/** Shared with .dependency-cruiser.cjs, which also sees dynamic imports; here the editor sees them. */
const packageOwners = JSON.parse(
  readFileSync(new URL('scripts/package-owners.json', import.meta.url), 'utf8'),
)

const environment = 'Only src/config/load.ts reads the environment; everything else receives values.'

/** The rule against other layers' packages, for files that own the packages of `owned`. */
function restrictImports(owned) {
  const patterns = packageOwners
    .filter((entry) => entry !== owned)
    .map(({ packages, owners }) => ({
      regex: `^(${packages.map((name) => (/[/-]$/.test(name) ? name : `${name}(/|$)`)).join('|')})`,
      message: `Only ${owners.join(' and ')} may import it.`,
    }))
  const paths = ['node:process', 'process'].map((name) => ({
    name,
    importNames: ['env'],
    message: environment,
  }))
  return { 'no-restricted-imports': ['error', { paths, patterns }] }
}

/** Mistakes that the type checker does not see. */
const mistakes = `
  no-async-promise-executor no-case-declarations no-cond-assign no-constant-binary-expression no-constant-condition
  no-debugger no-dupe-else-if no-duplicate-case no-empty no-empty-pattern no-ex-assign no-extra-boolean-cast
  no-fallthrough no-irregular-whitespace no-loss-of-precision no-misleading-character-class no-prototype-builtins
  no-regex-spaces no-self-assign no-self-compare no-sparse-arrays no-unreachable no-unreachable-loop
  no-unsafe-finally no-unsafe-optional-chaining no-unused-labels no-useless-assignment no-useless-catch
  no-useless-escape preserve-caught-error use-isnan`
  .trim()
  .split(/\s+/)

const ownedFiles = (owners) => owners.map((owner) => (owner.endsWith('/') ? `${owner}**/*.ts` : owner))

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'data/', '**/*.generated.*', 'test/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },

  tseslint.configs.recommended,
  {
    rules: {
      ...Object.fromEntries(mistakes.map((rule) => [rule, 'error'])),
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-implicit-coercion': 'error',
      'no-useless-rename': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    // Plain JavaScript: configuration, and what must run on a Node that is too old for TypeScript.
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        require: 'readonly',
        module: 'writable',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ['bin/*.js'], rules: { 'no-var': 'off' } },

  {
    files: ['src/**/*.ts'],
    rules: {
      ...restrictImports(),
      'no-console': 'error',
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: environment }],
    },
  },
  ...packageOwners.map((entry) => ({ files: ownedFiles(entry.owners), rules: restrictImports(entry) })),
  {
    files: ['src/config/load.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
)

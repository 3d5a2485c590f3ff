/**
 * The direction of imports, checked by `npm run check:imports`.
 *
 *   main -> app, cli -> http -> pipeline -> { providers, dialects, guard, upstream, stores/<store>/contract }
 *                              providers -> { dialects, framing, upstream/credentials, upstream/transport }
 *                              dialects  -> canonical, framing types, errors
 *                              upstream, framing, canonical -> errors only
 *
 * A layer may use itself, what stands at its arrow (`uses`), and the types of what that needs (`knows`):
 * a type ties no code together. Main and the command line choose implementations, so they may use the rest.
 * The catalogue of errors, the canonical forms and the version are everybody's.
 */
const packageOwners = require('./scripts/package-owners.json')

const place = {
  // main.ts and the parts it is made of: all that is opened, wired and closed with the process.
  main: '^src/(main|gateway|runtime|observer)\\.ts$',
  app: '^src/app\\.ts$',
  errors: '^src/errors\\.ts$',
  version: '^src/version\\.ts$',
  storeContract: '^src/stores/[^/]+/contract(\\.ts$|/)',
  credentials: '^src/upstream/credentials(\\.ts$|/)',
  transport: '^src/upstream/transport\\.ts$',
  frame: '^src/framing/frame\\.ts$',
}
const directories =
  'canonical cli config dialects framing guard http observability pipeline providers sdk stores upstream'
for (const name of directories.split(' ')) place[name] = `^src/${name}/`

/** What anyone who handles a call speaks of. */
const language = [place.errors, place.canonical, place.version]
const belowPipeline = [place.providers, place.dialects, place.guard, place.upstream, place.storeContract]
const belowMain = [
  ...[place.app, place.http, place.pipeline, place.config, place.observability, place.framing, place.stores],
  ...[place.providers, place.dialects, place.guard, place.upstream, ...language],
]

const layers = {
  main: { uses: belowMain },
  cli: { uses: [place.main, ...belowMain] },
  app: {
    uses: [place.http, ...language],
    knows: [place.pipeline, place.config, place.observability, ...belowPipeline],
  },
  http: {
    uses: [place.pipeline, ...language],
    knows: [place.config, place.observability, place.framing, ...belowPipeline],
  },
  // Framing comes with the providers, who say which one they speak; the pipeline turns the handle.
  pipeline: {
    uses: [...belowPipeline, place.framing, ...language],
    knows: [place.config, place.observability],
  },
  providers: {
    // The mock provider is a transport inside the process, so it needs that contract and its failures.
    uses: [place.dialects, place.framing, place.credentials, place.transport, ...language],
    knows: [place.config],
  },
  dialects: { uses: language, knows: [place.frame] },
  guard: { uses: language, knows: [place.config] },
  stores: { uses: language, knows: [place.config] },
  observability: { uses: language, knows: [place.config] },
  config: { uses: language },
  upstream: { uses: [place.errors] },
  framing: { uses: [place.errors] },
  canonical: { uses: [place.errors] },
  errors: { uses: [] },
  version: { uses: [] },
  sdk: { uses: [] },
}

/** Where Node, a bundler or a user's program comes in; everything else must be reached from here. */
const entryPoints = ['^src/cli/main\\.ts$', '^src/sdk/index\\.ts$']
const typesOnly = ['type-only', 'type-import']

const layerRules = Object.entries(layers).flatMap(([name, { uses, knows = [] }]) => {
  const rules = [
    {
      name: `layer-${name}`,
      comment: `src/${name} may not import this; see the picture at the top of .dependency-cruiser.cjs.`,
      severity: 'error',
      from: { path: place[name] },
      to: { path: '^src/', pathNot: [place[name], ...uses, ...knows] },
    },
  ]
  if (knows.length > 0) {
    rules.push({
      name: `layer-${name}-types`,
      comment: `src/${name} may import the types of this module, and nothing that runs: use \`import type\`.`,
      severity: 'error',
      from: { path: place[name] },
      to: { path: knows, pathNot: [place[name], ...uses], dependencyTypesNot: typesOnly },
    })
  }
  return rules
})

const packageRules = packageOwners.map(({ packages, owners }) => ({
  name: `package-${packages[0]}`,
  comment: `Only ${owners.join(' and ')} may import this package.`,
  severity: 'error',
  from: { path: '^src/', pathNot: owners.map((owner) => `^${owner.replace('.', '\\.')}`) },
  to: {
    path: packages.map((name) => (/[/-]$/.test(name) ? `(^|/)${name}` : `(^|/)${name}(/|$)`)),
    dependencyTypesNot: ['local'],
  },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    ...packageRules,
    {
      name: 'unknown-place',
      comment:
        'This file belongs to no layer. Give it a place, or name a new layer in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: Object.values(place) },
      to: {},
    },
    {
      name: 'dialects-stay-apart',
      comment: 'A dialect does not know its siblings. What they share stands in src/dialects itself.',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/' },
      to: { path: '^src/dialects/[^/]+/', pathNot: '^src/dialects/$1/' },
    },
    {
      name: 'providers-stay-apart',
      comment:
        'A provider does not know its siblings. They share provider.ts, *-shape.ts, openai-operations.ts and catalogue.ts.',
      severity: 'error',
      from: { path: '^src/providers/([^/]+)', pathNot: '^src/providers/(index|catalogue)\\.ts$' },
      to: {
        path: '^src/providers/',
        pathNot: [
          '^src/providers/$1(/|$)',
          '^src/providers/provider\\.ts$',
          '^src/providers/[^/]+-shape\\.ts$',
          '^src/providers/openai-operations\\.ts$',
        ],
      },
    },
    {
      name: 'no-circle',
      comment: 'These modules import each other in a circle: none can be read, tested or moved alone.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Nothing imports this module, and it imports nothing.',
      severity: 'error',
      from: { path: '^src/', pathNot: entryPoints, orphan: true },
      to: {},
    },
    {
      name: 'not-reached',
      comment: 'No entry point leads to this module: it is not part of the program.',
      severity: 'error',
      from: { path: entryPoints },
      to: { path: '^src/', pathNot: entryPoints, reachable: false },
    },
    {
      name: 'no-development-package',
      comment: 'A production install does not have this package. Its types alone may be imported.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: typesOnly },
    },
    {
      name: 'no-undeclared-package',
      comment: 'This package is not in package.json.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'nothing-outside-src',
      comment: 'The server imports nothing of its tests, scripts or bench. package.json is the exception.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['local'], pathNot: ['^src/', '^package\\.json$'] },
    },
    {
      name: 'not-found',
      comment: 'This import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // They only describe the JavaScript beside them.
    exclude: { path: '^src/.*\\.d\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}

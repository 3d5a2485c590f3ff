/**
 * Bundles the command line and all that it loads into `dist/`: `llm-gateway.js` and one chunk per dynamic
 * import, so that a command that doesn't serve never reads the server.
 *
 * Packages are bundled with our own code: read from some 500 files of node_modules they cost 100 ms and 10 MB at
 * every start (docs/decisions/0008).
 *
 * The same sources give the same bytes. Files of earlier builds are removed.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import type * as Esbuild from 'esbuild'

const root = path.join(import.meta.dirname, '..')
const outputDirectory = path.join(root, 'dist')
const entry = 'llm-gateway'
/** Left to Node: pino finds its worker files by path, and OpenTelemetry is big and seldom asked for. */
const outsidePackages = [
  'pino',
  '@opentelemetry/api',
  '@opentelemetry/sdk-node',
  '@opentelemetry/exporter-trace-otlp-http',
]
/** Packages in CommonJS ask for Node's own modules with a `require` that ESM does not have. */
const requireForCommonJs = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`

interface Manifest {
  version: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

const esbuild = await loadEsbuild()
if (esbuild) await build(esbuild)
else if (!existsSync(path.join(outputDirectory, `${entry}.js`))) {
  console.error(
    `There is no dist/${entry}.js, and esbuild, which makes it, is not installed.\n` +
      'Run `npm ci` with development dependencies and then `npm run build`, or copy a built dist/ here.',
  )
  process.exitCode = 1
}

/** Undefined in a production install, where `dist/` comes with the package. */
async function loadEsbuild(): Promise<typeof Esbuild | undefined> {
  try {
    return await import('esbuild')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

async function build(bundler: typeof Esbuild): Promise<void> {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest
  try {
    const { outputFiles } = await bundler.build(options(manifest))
    await writeOutput(outputFiles)
  } catch (error) {
    // esbuild has printed each problem with its file and line.
    if (!isBuildFailure(error)) throw error
    process.exitCode = 1
  }
}

function options(manifest: Manifest) {
  return {
    absWorkingDir: root,
    entryPoints: { [entry]: 'src/cli/main.ts' },
    outdir: outputDirectory,
    // Chunks stay beside the entry: `import.meta.url` is then always one level below the root.
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names stay, so that stacks and profiles can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    banner: { js: requireForCommonJs },
    sourcemap: 'linked',
    logLevel: 'warning',
    define: { __LLM_GATEWAY_VERSION__: JSON.stringify(manifest.version) },
    plugins: [packagesStayOutside(manifest)],
    // Written by hand below, so that an unchanged file is not touched and a changed one appears whole.
    write: false,
  } satisfies Esbuild.BuildOptions
}

/** Leaves packages to Node, and refuses those that a production install would not have. */
function packagesStayOutside(manifest: Manifest): Esbuild.Plugin {
  const installed = { ...manifest.dependencies, ...manifest.optionalDependencies }
  return {
    name: 'packages-stay-outside',
    setup(builder) {
      builder.onResolve({ filter: /^[^./]/ }, ({ path: specifier, importer, kind }) => {
        if (kind === 'entry-point') return undefined
        if (isBuiltin(specifier)) return { path: specifier, external: true }
        const name = packageName(specifier)
        if (outsidePackages.includes(name)) return { path: specifier, external: true }
        if (name in installed) return undefined
        // A bundled package brings its own; ours may only ask for what is declared. What is not there is an
        // optional driver, which Node is left to miss.
        if (importer.includes(`${path.sep}node_modules${path.sep}`))
          return isInstalled(name) ? undefined : { path: specifier, external: true }
        return { errors: [{ text: `"${name}" is not among the dependencies of package.json` }] }
      })
    },
  }
}

function isInstalled(name: string): boolean {
  return existsSync(path.join(root, 'node_modules', name))
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

async function writeOutput(files: Esbuild.OutputFile[]): Promise<void> {
  await mkdir(outputDirectory, { recursive: true })
  // The entry goes last: until then the old one and the old chunks still fit together.
  const ordered = files.toSorted((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)))
  for (const file of ordered) await writeIfChanged(file)
  const current = new Set(files.map((file) => path.basename(file.path)))
  for (const name of await readdir(outputDirectory)) {
    if (!current.has(name) && /\.js(\.map)?$/.test(name))
      await rm(path.join(outputDirectory, name), { force: true })
  }
}

async function writeIfChanged(file: Esbuild.OutputFile): Promise<void> {
  const old = await readFile(file.path).catch(() => undefined)
  if (old?.equals(file.contents)) return
  const partial = `${file.path}.${process.pid}`
  await writeFile(partial, file.contents)
  await rename(partial, file.path)
}

function isEntry(file: string): boolean {
  return path.basename(file) === `${entry}.js`
}

function isBuildFailure(error: unknown): boolean {
  return error instanceof Error && 'errors' in error && 'warnings' in error
}

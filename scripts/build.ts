/**
 * Bundles the command line and all that it loads into `dist/`: `llm-gateway.js` and one chunk per dynamic
 * import, so that a command that doesn't serve never reads the server.
 *
 * Packages are bundled with our own code: read from some 500 files of node_modules they cost 100 ms and 10 MB at
 * every start (docs/decisions/0008). Their licences go along in `THIRD_PARTY_LICENSES.txt`.
 *
 * The same sources give the same bytes. Files of earlier builds are removed.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import type * as Esbuild from 'esbuild'
import { licencesOf } from './bundled-licences.ts'

const root = path.join(import.meta.dirname, '..')
const outputDirectory = path.join(root, 'dist')
const entry = 'llm-gateway'
const licencesFile = 'THIRD_PARTY_LICENSES.txt'
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
    const { outputFiles, metafile } = await bundler.build(options(manifest))
    const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
    const { text, problems } = await licencesOf(bundled, root)
    if (problems.length === 0) await writeOutput([...outputFiles, fileOf(licencesFile, text)])
    else {
      console.error(`These packages cannot be bundled:\n${problems.join('\n')}`)
      process.exitCode = 1
    }
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
    // A linked node_modules gives the same paths, so the same bytes, and no path of this machine.
    preserveSymlinks: true,
    metafile: true,
    define: { __LLM_GATEWAY_VERSION__: JSON.stringify(manifest.version) },
    plugins: [declaredPackagesOnly(manifest)],
    // Written by hand below, so that an unchanged file is not touched and a changed one appears whole.
    write: false,
  } satisfies Esbuild.BuildOptions
}

/** Leaves to Node what is not bundled, and refuses what a production install would not have. */
function declaredPackagesOnly(manifest: Manifest): Esbuild.Plugin {
  const installed = { ...manifest.dependencies, ...manifest.optionalDependencies }
  return {
    name: 'declared-packages-only',
    setup(builder) {
      builder.onResolve({ filter: /^[^./]/ }, ({ path: specifier, importer, kind }) => {
        if (kind === 'entry-point') return undefined
        if (isBuiltin(specifier)) return { path: specifier, external: true }
        const name = packageName(specifier)
        const outside = staysOutside(name)
        if (name in installed) return outside ? { path: specifier, external: true } : undefined
        // A bundled package brings its own packages. One that stays outside is looked for from `dist/`, so it has to
        // be declared whoever asks for it.
        if (!outside && isInPackage(importer)) return undefined
        return { errors: [{ text: `"${name}" is not among the dependencies of package.json` }] }
      })
    },
  }
}

/** Pino finds its worker files by path; OpenTelemetry is big and seldom asked for. */
function staysOutside(name: string): boolean {
  return name === 'pino' || name.startsWith('@opentelemetry/')
}

function isInPackage(file: string): boolean {
  return path.relative(root, file).startsWith(`node_modules${path.sep}`)
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

interface OutputFile {
  /** Absolute. */
  path: string
  contents: Uint8Array
}

function fileOf(name: string, text: string): OutputFile {
  return { path: path.join(outputDirectory, name), contents: Buffer.from(text) }
}

async function writeOutput(files: OutputFile[]): Promise<void> {
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

async function writeIfChanged(file: OutputFile): Promise<void> {
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

/**
 * The licences of bundled packages. They ask that their text goes along with every copy, and code inside a bundle
 * no longer has the file beside it.
 */
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'

export interface BundledLicences {
  /** One section for each package, by name and version; the same packages give the same text. */
  text: string
  /** Packages whose licence cannot be told, each with what is missing. */
  problems: string[]
}

interface PackageManifest {
  name: string
  version: string
  license?: string
  author?: string | { name: string }
}

const standardTexts = path.join(import.meta.dirname, 'licence-texts')
const licenceFile = /^(licen[cs]e|copying|notice)(-[\w.]+?)?(\.(md|txt))?$/i
const line = '='.repeat(80)
const opening =
  'The files beside this one contain code of the packages below, under the licences given with each.\n' +
  'Packages that are not listed are installed beside the bundle and bring their own.\n'

/** `files`: paths of what was bundled, relative to `root`; those outside `node_modules` are passed over. */
export async function licencesOf(files: readonly string[], root: string): Promise<BundledLicences> {
  const sections = new Map<string, string>()
  const problems: string[] = []
  for (const directory of packageDirectories(files)) {
    const manifest = await readManifest(path.join(root, directory))
    const title = `${manifest.name} ${manifest.version}`
    const text = await licenceText(path.join(root, directory), manifest)
    if (text === undefined)
      problems.push(
        `${title}: no licence file in ${directory}, and no scripts/licence-texts/${manifest.license ?? 'X'}.txt`,
      )
    else sections.set(title, `${line}\n${title}\nLicence: ${manifest.license ?? 'see below'}\n\n${text}\n`)
  }
  // By code points: the order of a locale is not the same on every machine.
  const ordered = [...sections.keys()].sort().map((title) => sections.get(title))
  return { text: [opening, ...ordered].join('\n'), problems }
}

/** `node_modules/a/node_modules/@b/c/lib/d.js` → `node_modules/a/node_modules/@b/c`. */
function packageDirectories(files: readonly string[]): Set<string> {
  const matches = files.map((file) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1])
  return new Set(matches.filter((directory) => directory !== undefined))
}

async function readManifest(directory: string): Promise<PackageManifest> {
  return JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as PackageManifest
}

/** Undefined where neither the package nor we have a text. */
async function licenceText(directory: string, manifest: PackageManifest): Promise<string | undefined> {
  const names = (await readdir(directory)).filter((name) => licenceFile.test(name)).sort()
  const texts = await Promise.all(names.map((name) => readFile(path.join(directory, name), 'utf8')))
  if (texts.length > 0) return texts.map(normalised).join('\n\n')
  return standardText(manifest)
}

/** Some authors name their licence and bring no file. */
async function standardText({ license, author, name }: PackageManifest): Promise<string | undefined> {
  if (license === undefined || !/^[\w.-]+$/.test(license)) return undefined
  try {
    const text = await readFile(path.join(standardTexts, `${license}.txt`), 'utf8')
    const holder = (typeof author === 'object' ? author.name : author) ?? `the authors of ${name}`
    return `Copyright (c) ${holder}\n\n${normalised(text)}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function normalised(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .trimEnd()
    .replace(/^\n+/, '')
}

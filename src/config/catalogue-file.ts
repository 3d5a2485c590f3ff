/** The data file of `catalogue.file`, read and checked like the configuration itself. */
import { readFileSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pathText } from './path.ts'
import { catalogueDataSchema } from './schema/catalogue-data.ts'
import type { CatalogueData } from './schema/catalogue-data.ts'

export interface CatalogueFile {
  models: CatalogueData
}

/** What is wrong with the file, to be told where the configuration names it. */
export interface CatalogueFault {
  found: string
  allowed: string
}

const allowed = 'a file made by "llm-gateway catalogue refresh"'

export function readCatalogueFile(file: string): CatalogueFile | CatalogueFault {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason =
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${code ?? 'unknown reason'})`
    return { found: `${JSON.stringify(file)}, which ${reason}`, allowed }
  }
  const parsed = catalogueDataSchema.safeParse(value)
  if (parsed.success) return { models: parsed.data.models }
  const [issue] = parsed.error.issues
  const place = pathText(issue?.path.map((step) => (typeof step === 'number' ? step : String(step))) ?? [])
  return { found: `${JSON.stringify(file)}, whose ${place || 'content'} is not as it should be`, allowed }
}

/**
 * Changes whenever the file is replaced or written; not its bytes, which are too many to be looked at four times a
 * second. The same for every file that is not there, and empty where none is named.
 */
export function stampOf(file: string | undefined): string {
  if (file === undefined) return ''
  return stampText(statSync(file, { throwIfNoEntry: false }))
}

/** As `stampOf`, for a file that may lie on a network that hangs. */
export async function stampLater(file: string | undefined): Promise<string> {
  if (file === undefined) return ''
  return stampText(await stat(file).catch(() => undefined))
}

const stampText = (found: { ino: number; size: number; mtimeMs: number } | undefined): string =>
  found ? `${found.ino}:${found.size}:${found.mtimeMs}` : 'missing'

/**
 * Makes src/providers/catalogue.generated.js from two public lists of models (see docs/model-catalogue.md):
 *
 *     node scripts/make-catalogue.ts --litellm FILE --genai FILE [--out FILE]
 *
 * The same sources give the same bytes. A price field that is neither known nor listed as left out stops the
 * run: a new kind of price must be looked at by a person.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { makeLists } from '../src/providers/catalogue-making/make.ts'
import { catalogueModule } from '../src/providers/catalogue-making/write.ts'

/** The module's text. `litellm` and `genai` are the texts of the two lists. */
export const makeCatalogue = (litellm: string, genai: string): string =>
  catalogueModule(
    makeLists(litellm, genai, (problem) => {
      throw new Error(problem)
    }),
  )

function main(): void {
  const { values } = parseArgs({
    options: { litellm: { type: 'string' }, genai: { type: 'string' }, out: { type: 'string' } },
  })
  if (!values.litellm || !values.genai) {
    console.error('Usage: node scripts/make-catalogue.ts --litellm FILE --genai FILE [--out FILE]')
    process.exitCode = 2
    return
  }
  const out = values.out ?? path.join(import.meta.dirname, '../src/providers/catalogue.generated.js')
  const text = makeCatalogue(readFileSync(values.litellm, 'utf8'), readFileSync(values.genai, 'utf8'))
  writeFileSync(out, text)
  console.error(`${text.length} bytes in ${out}`)
}

if (import.meta.main) main()

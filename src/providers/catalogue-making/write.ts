/** The catalogue's lists as text, one model on a line, so that a difference can be read. */
import type { CatalogueModel } from '../catalogue-shape.ts'
import { notice } from './licences.ts'
import type { ModelsByType } from './make.ts'

const listText = (models: readonly CatalogueModel[]): string =>
  `[\n${models.map((model) => JSON.stringify(model)).join(',\n')}\n]`

/**
 * A module that holds each type's list as a string: it loads in a millisecond, and a list is parsed when it is
 * first needed. Bundled JSON would be parsed, as an object literal, at every start.
 * @throws Error for a model that would need escapes
 */
export function catalogueModule(lists: ModelsByType): string {
  const texts = lists.map(([type, models]) => {
    const text = listText(models)
    // Escapes would be read twice, by JavaScript and by JSON. No model needs one so far.
    const odd = /.*(?:[`\\]|\$\{).*/.exec(text)
    if (odd) throw new Error(`A model holds a backquote, a backslash or \${: ${odd[0]}`)
    return `${type}: \`${text}\``
  })
  const origin = '// Made by scripts/make-catalogue.ts; see docs/model-catalogue.md.'
  // Bundlers keep a comment that begins with an exclamation mark.
  return `${origin}\n/*!\n${notice}\n*/\nexport const catalogueTexts = {\n${texts.join(',\n')},\n}\n`
}

/** The data file that `catalogue.file` of the configuration names. */
export function catalogueFile(lists: ModelsByType): string {
  const blocks = lists.map(([type, models]) => `${JSON.stringify(type)}: ${listText(models)}`)
  return `{\n"notice": ${JSON.stringify(notice.split('\n'))},\n"models": {\n${blocks.join(',\n')}\n}\n}\n`
}

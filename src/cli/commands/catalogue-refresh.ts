import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { makeLists, type ModelsByType } from '../../providers/catalogue-making/make.ts'
import { catalogueFile } from '../../providers/catalogue-making/write.ts'
import { CliError, exitCodes, print } from '../io.ts'
import type { CommandContext } from '../io.ts'
import { pathFrom } from '../path.ts'

interface RefreshOptions {
  /** A file or an http(s) URL, as `fillFrom`. */
  from: string
  fillFrom?: string
  out: string
}

const longestWaitMs = 60_000
const mostBytes = 64 * 1024 * 1024

/** Writes the data file, and says of each entry that it does not understand why it is left out. */
export async function refreshCatalogue(context: CommandContext, options: RefreshOptions): Promise<void> {
  const { from, fillFrom, out } = options
  const first = await textOf(from, context)
  const second = fillFrom === undefined ? '[]' : await textOf(fillFrom, context)
  const leftOut: string[] = []
  const lists = listsOf(first, second, (problem) => leftOut.push(problem))
  const count = lists.reduce((sum, [, models]) => sum + models.length, 0)
  if (count === 0) throw refused(`${shown(from)} names no model of a provider that this gateway knows.`)
  await replaceFile(pathFrom(context.io.cwd, out), catalogueFile(lists), out)
  if (!context.json) for (const problem of leftOut) context.io.stderr.write(`left out: ${problem}\n`)
  print(
    context,
    { file: out, models: count, left_out: leftOut },
    `${count} models are in ${out}. Name it as catalogue.file in the configuration.`,
  )
}

function listsOf(first: string, second: string, report: (problem: string) => void): ModelsByType {
  try {
    return makeLists(first, second, report)
  } catch (error) {
    throw refused(`The list cannot be read: ${(error as Error).message}`)
  }
}

const refused = (message: string): CliError => new CliError(exitCodes.failed, message)

const isUrl = (source: string): boolean => /^https?:\/\//i.test(source)

async function textOf(source: string, { io }: CommandContext): Promise<string> {
  if (isUrl(source)) return download(source)
  try {
    return await readFile(pathFrom(io.cwd, source), 'utf8')
  } catch (error) {
    throw refused(`Cannot read ${source}: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}.`)
  }
}

/** Asks that very address: a redirect would be another one. */
async function download(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(longestWaitMs) })
    if (response.status !== 200) throw refused(`${shown(url)} answered ${response.status}.`)
    return await wholeText(response, url)
  } catch (error) {
    if (error instanceof CliError) throw error
    const { name, cause } = error as { name?: string; cause?: { code?: string } }
    const reason = name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? 'the request failed')
    throw refused(`Cannot get ${shown(url)}: ${reason}.`)
  }
}

async function wholeText({ body }: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > mostBytes) throw refused(`${shown(url)} is longer than ${mostBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A URL may hold a token. */
function shown(source: string): string {
  if (!isUrl(source) || !URL.canParse(source)) return source
  const { origin, pathname } = new URL(source)
  return origin + pathname
}

/** Whole or not at all: a gateway may be watching the file. */
async function replaceFile(file: string, text: string, name: string): Promise<void> {
  const draft = `${file}.new`
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw refused(`Cannot write ${name}: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}.`)
  }
}

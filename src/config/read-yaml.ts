/** YAML text as a draft in which every value knows its line and column. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Node, Pair, YAMLError, YAMLMap } from 'yaml'
import type { DraftNode, MapNode, Origin } from './draft.ts'
import type { Path } from './path.ts'
import { pathText } from './path.ts'
import type { Problem } from './problem.ts'

/** A file that names more values than this, aliases written out, is an attack or a mistake. */
const mostValues = 100_000

/** In our own words: the parser's messages may quote the file, and so a secret. */
const syntaxProblems: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'an alias (*) without a name; quote a value that begins with *',
  BAD_DQ_ESCAPE: 'a \\ sequence that does not exist',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a value that begins with a sign of YAML: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a nested mapping on one line: quote a value that holds ": "',
  MISSING_CHAR: 'a missing sign: a quote, a bracket, a comma or a colon',
  MULTILINE_IMPLICIT_KEY: 'a key over several lines, perhaps without its colon',
  MULTIPLE_DOCS: 'several documents (---)',
  NON_STRING_KEY: 'a key that is not a string',
  RESOURCE_EXHAUSTION: 'nesting that is too deep',
  TAB_AS_INDENT: 'a tab as indentation',
  TAG_RESOLVE_FAILED: 'a tag (!...) that is not known',
  UNEXPECTED_TOKEN: 'something that cannot stand here (inside { } and [ ] a ${NAME} needs quotes)',
}

export function readYaml(text: string, file: string): { root: MapNode; problems: Problem[] } {
  const lineCounter = new LineCounter()
  const reader = new YamlReader(lineCounter, file)
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    // Repeated keys are found by the reader, which knows their path.
    uniqueKeys: false,
    schema: 'core',
  })
  for (const error of [...document.errors, ...document.warnings]) reader.reportSyntax(error)
  return { root: reader.root(document), problems: reader.problems }
}

class YamlReader {
  readonly problems: Problem[] = []
  readonly #lines: LineCounter
  readonly #file: string
  /** Nodes that are being read, outermost first: an alias to one of them would never end. */
  readonly #open = new Set<Node>()
  #values = 0

  constructor(lines: LineCounter, file: string) {
    this.#lines = lines
    this.#file = file
  }

  root(document: Document.Parsed): MapNode {
    const origin: Origin = { kind: 'file', name: '', path: [], line: 1, column: 1 }
    const contents = document.contents as Node | null
    if (this.problems.length === 0 && isMap(contents)) return this.#map(contents, origin, document)
    const isEmpty = contents === null || (isScalar(contents) && contents.value === null)
    if (this.problems.length === 0 && !isEmpty)
      this.#report(contents, [], isSeq(contents) ? 'a list' : 'a single value', 'sections such as "server:"')
    return { kind: 'map', origin, entries: new Map() }
  }

  reportSyntax(error: YAMLError): void {
    const { line, col } = this.#lines.linePos(error.pos[0])
    const found = syntaxProblems[error.code] ?? `text that cannot be read (${error.code})`
    this.problems.push({
      file: this.#file,
      line,
      column: col,
      path: '',
      found,
      allowed: 'valid YAML',
      message: '',
    })
  }

  #report(node: Node | null | undefined, path: Path, found: string, allowed: string): void {
    const place = this.#place(node)
    this.problems.push({ file: this.#file, ...place, path: pathText(path), found, allowed, message: '' })
  }

  #place(node: Node | null | undefined): { line?: number; column?: number } {
    if (!node?.range) return {}
    const { line, col } = this.#lines.linePos(node.range[0])
    return { line, column: col }
  }

  #node(node: Node | null, keyOrigin: Origin, document: Document.Parsed): DraftNode {
    const { keyLine: line, keyColumn: column } = keyOrigin
    // A key with nothing behind it has its value, null, where the key is.
    const isNothing = node === null || (isScalar(node) && node.value === null && node.source === '')
    const origin: Origin = { ...keyOrigin, ...(isNothing ? { line, column } : this.#place(node)) }
    const nothing: DraftNode = { kind: 'scalar', origin, value: null }
    this.#values += 1
    if (this.#values === mostValues)
      this.#report(node, origin.path, 'aliases that repeat too much', `${mostValues} values in all`)
    if (this.#values >= mostValues || node === null) return nothing
    if (isScalar(node)) return { kind: 'scalar', origin, value: node.value }
    if (this.#open.has(node)) return nothing
    this.#open.add(node)
    const read = this.#collection(node, origin, document) ?? nothing
    this.#open.delete(node)
    return read
  }

  #collection(node: Node, origin: Origin, document: Document.Parsed): DraftNode | undefined {
    if (isMap(node)) return this.#map(node, origin, document)
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.#node(item as Node | null, { kind: 'file', name: '', path: [...origin.path, index] }, document),
      )
      return { kind: 'list', origin, items }
    }
    const target = isAlias(node) ? node.resolve(document) : undefined
    if (target === undefined) {
      this.#report(node, origin.path, 'an alias without the anchor that it names', 'an anchor above it')
      return undefined
    }
    if (this.#open.has(target)) {
      this.#report(node, origin.path, 'an alias to a value that holds it', 'an alias to another value')
      return undefined
    }
    return { ...this.#node(target, origin, document), origin }
  }

  #map(map: YAMLMap, origin: Origin, document: Document.Parsed): MapNode {
    const entries = new Map<string, DraftNode>()
    const merged: DraftNode[] = []
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = String(isScalar(pair.key) ? pair.key.value : pair.key)
      const isMerge = key === '<<'
      const path = isMerge ? origin.path : [...origin.path, key]
      const { line: keyLine, column: keyColumn } = this.#place(pair.key)
      const value = (): DraftNode =>
        this.#node(pair.value, { kind: 'file', name: '', path, keyLine, keyColumn }, document)
      if (isMerge) merged.push(value())
      else if (key === '__proto__') this.#report(pair.key, path, 'the key __proto__', 'any other key')
      else if (entries.has(key)) this.#report(pair.key, path, 'the same key again', 'each key once')
      else entries.set(key, value())
    }
    for (const source of merged.flatMap((node) => (node.kind === 'list' ? node.items : [node])))
      if (source.kind === 'map')
        for (const [key, value] of source.entries) if (!entries.has(key)) entries.set(key, value)
    return { kind: 'map', origin, entries }
  }
}

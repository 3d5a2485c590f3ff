/** A fenced block of code, in the order of the document. */
export interface Block {
  /** Line of the opening fence, from 1. */
  line: number
  /** The word after the fence; empty where there is none. */
  language: string
  text: string
}

export interface Document {
  blocks: Block[]
  /** Code in running text, each on one line. */
  inline: string[]
}

/** @throws Error for a fence that is never closed */
export function readMarkdown(markdown: string): Document {
  const blocks: Block[] = []
  const prose: string[] = []
  let open: { block: Block; lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^\s*```\s*(\S*)/.exec(line)
    if (open && fence) {
      open.block.text = open.lines.join('\n')
      blocks.push(open.block)
      open = undefined
    } else if (open) open.lines.push(line)
    else if (fence) open = { block: { line: index + 1, language: fence[1] ?? '', text: '' }, lines: [] }
    else prose.push(line)
  }
  if (open) throw new Error(`The block of line ${open.block.line} has no end`)
  const inline = [...prose.join('\n').matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replace(/\s+/g, ' '),
  )
  return { blocks, inline }
}

/** The commands of a shell block: continued lines as one, without comments and empty lines. */
export function commandsOf(text: string): string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Whether an output looks as it is shown: `…` stands for anything, and white space does not count. */
export function looksAsShown(output: string, shown: string): boolean {
  const actual = output.replace(/\s+/g, '')
  let from = 0
  for (const piece of shown.replace(/\s+/g, '').split('…')) {
    const at = actual.indexOf(piece, from)
    if (at === -1) return false
    from = at + piece.length
  }
  return true
}

/** Reads the part of the Dockerfile language that our Dockerfile uses; anything else is an error. */

export interface Stage {
  base: string
  name: string | undefined
  steps: Step[]
}

export interface Step {
  instruction: string
  /** `--from=build` → `{ from: 'build' }`. */
  flags: Record<string, string>
  /** What follows the flags, on one line. */
  text: string
}

export function parseDockerfile(source: string): Stage[] {
  const stages: Stage[] = []
  for (const line of logicalLines(source)) {
    const step = parseStep(line)
    if (step.instruction === 'FROM') {
      const [base = '', , name] = step.text.split(/\s+/)
      stages.push({ base, name, steps: [] })
    } else {
      const stage = stages.at(-1)
      if (!stage) throw new Error(`${step.instruction} before the first FROM`)
      stage.steps.push(step)
    }
  }
  return stages
}

/** The arguments of an exec form (`["a","b"]`); `undefined` for a shell form. */
export function execForm(text: string): string[] | undefined {
  return text.startsWith('[') ? (JSON.parse(text) as string[]) : undefined
}

/** `A=1 B=two` → `{ A: '1', B: 'two' }`. */
export function assignments(text: string): Record<string, string> {
  return Object.fromEntries(text.split(/\s+/).map((pair) => pair.split('=', 2) as [string, string]))
}

function logicalLines(source: string): string[] {
  return source
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

function parseStep(line: string): Step {
  const match = /^([A-Z]+)\s+((?:--[a-z-]+=\S+\s+)*)(.*)$/.exec(line)
  if (!match) throw new Error(`not an instruction: ${line}`)
  const [, instruction = '', flags = '', text = ''] = match
  const pairs = flags.trim() === '' ? [] : flags.trim().split(/\s+/)
  return {
    instruction,
    flags: Object.fromEntries(pairs.map((pair) => pair.slice(2).split('=', 2) as [string, string])),
    text: text.trim(),
  }
}

/** Reads V8's `.cpuprofile`: self time per function inside a window of time. */
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Lines and columns count from 0. Times are microseconds on the machine's monotonic clock. */
export type CpuProfile = {
  startTime: number
  nodes: Array<{
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number }
    children?: number[]
  }>
  /** Node ids, one for each entry of `timeDeltas`. */
  samples: number[]
  timeDeltas: number[]
}

/** The file name given to V8, garbage collection and native functions. */
export const engine = '(engine)'

/** `line` counts from 1. */
export type SelfTime = { file: string; name: string; line: number; us: number }

export function selfTimes(profile: CpuProfile, fromUs: number, toUs: number): SelfTime[] {
  const byNode = new Map<number, number>()
  let atUs = profile.startTime
  profile.samples.forEach((id, index) => {
    const lasted = profile.timeDeltas[index] ?? 0
    atUs += lasted
    if (atUs >= fromUs && atUs <= toUs) byNode.set(id, (byNode.get(id) ?? 0) + lasted)
  })
  const places = new Places()
  const callers = callersOf(profile)
  const found = new Map<string, SelfTime>()
  for (const { id, callFrame } of profile.nodes) {
    const us = byNode.get(id)
    if (us === undefined || callFrame.functionName === '(idle)') continue
    const place = places.of(callFrame)
    const caller = callers.get(id)?.functionName
    // What a native function costs says little without who called it.
    if (place.file === engine && caller !== undefined) place.name += ` < ${caller}`
    const key = `${place.file} ${place.name} ${place.line}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { ...place, us })
    else known.us += us
  }
  return [...found.values()]
}

function callersOf({ nodes }: CpuProfile): Map<number, CallFrame> {
  const callers = new Map<number, CallFrame>()
  for (const { callFrame, children } of nodes) {
    for (const child of children ?? []) {
      if (callFrame.functionName !== '(root)') callers.set(child, callFrame)
    }
  }
  return callers
}

type CallFrame = CpuProfile['nodes'][number]['callFrame']

/** Names places by source file, through the source map where a built file has one. */
class Places {
  private readonly maps = new Map<string, SourceMap | undefined>()

  of({ functionName, url, lineNumber, columnNumber }: CallFrame): Omit<SelfTime, 'us'> {
    const name = functionName === '' ? '(anonymous)' : functionName
    if (!url.startsWith('file://')) return { file: url === '' ? engine : url, name, line: lineNumber + 1 }
    const origin = this.mapOf(fileURLToPath(url))?.findEntry(lineNumber, columnNumber)
    if (origin !== undefined && 'originalSource' in origin) {
      return { file: origin.originalSource.replace(/^(\.\.\/)+/, ''), name, line: origin.originalLine + 1 }
    }
    return { file: shortPath(fileURLToPath(url)), name, line: lineNumber + 1 }
  }

  private mapOf(path: string): SourceMap | undefined {
    if (!this.maps.has(path)) {
      const file = `${path}.map`
      const map = existsSync(file)
        ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload)
        : undefined
      this.maps.set(path, map)
    }
    return this.maps.get(path)
  }
}

function shortPath(path: string): string {
  const at = path.lastIndexOf('node_modules/')
  return at < 0 ? relative(process.cwd(), path) : path.slice(at + 'node_modules/'.length)
}

/**
 * A fixed amount of CPU work, run on the server's core beside each round: when its milliseconds drift, so do
 * all absolute figures of that round. Prints `{"cpuMs","wallMs"}`.
 */
import { createHash } from 'node:crypto'

const passes = 150

function work(): number {
  let checksum = 0
  for (let pass = 0; pass < passes; pass++) {
    const rows = Array.from({ length: 200 }, (_, i) => ({ id: i, name: `row ${i}`, half: i / 2 }))
    const text = JSON.stringify(rows)
    checksum += (JSON.parse(text) as unknown[]).length + createHash('sha256').update(text).digest()[0]!
  }
  return checksum
}

work()
const began = performance.now()
const cpu = process.cpuUsage()
work()
const used = process.cpuUsage(cpu)
console.log(
  JSON.stringify({
    cpuMs: (used.user + used.system) / 1000,
    wallMs: Number((performance.now() - began).toFixed(1)),
  }),
)

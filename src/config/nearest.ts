/** The word most like another, where one is like it enough to be what was meant. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const tolerated = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 5))
  let best: { word: string; distance: number } | undefined
  for (const candidate of words) {
    const distance = editDistance(word.slice(0, 100), candidate)
    if (distance <= tolerated && distance < (best?.distance ?? Infinity)) best = { word: candidate, distance }
  }
  return best?.word
}

/** How many letters must be put in, left out or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

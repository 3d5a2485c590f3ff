/** What a model's name tells of the requests it takes. */

/**
 * The generation, such as 2.5. `gemini-flash-latest` and its like are the newest, so infinitely new; 0 for
 * models with other names, of which nothing is known.
 */
export function generationOf(model: string): number {
  const number = /gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1]
  if (number !== undefined) return Number(number)
  return /gemini-.*-latest$/.test(model) ? Infinity : 0
}

/** Tool results with images inside, thinking levels instead of budgets, and demanded signatures came with this one. */
export const isThirdGeneration = (model: string): boolean => generationOf(model) >= 3

/** Pro models think more, and always. */
export const isPro = (model: string): boolean => /-pro\b/.test(model)

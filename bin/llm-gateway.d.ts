/** A sentence for a Node that is too old; null for one that will do. */
export function nodeVersionProblem(version: string): string | null

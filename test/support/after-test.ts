import { onTestFinished } from 'vitest'

/**
 * Closes something when the current test ends. Outside of a test (in `beforeAll`, at the top of a file) there
 * is no such moment, and whoever opened it closes it in `afterAll`.
 */
export function closeAfterTest(close: () => Promise<unknown>): void {
  try {
    onTestFinished(async () => {
      await close()
    })
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('inside a test')) throw error
  }
}

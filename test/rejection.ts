/** The error of a promise that must reject. */
import { RunError } from 'wasi-common'

/** An error as tests look at it. */
export type Failure = Error & {
  code?: string | undefined
  exitCode?: number | undefined
  stdout?: Buffer | undefined
  // biome-ignore lint/suspicious/noExplicitAny: each test knows its cause
  cause?: any
}

/** Returns the error. A promise that resolves fails the test. */
export async function failure(running: Promise<unknown>): Promise<Failure> {
  try {
    await running
  } catch (error) {
    return error as Failure
  }
  throw new Error('it did not fail')
}

/** Returns the error of a run. Any other error fails the test. */
export async function runFailure(running: Promise<unknown>): Promise<RunError> {
  const error = await failure(running)
  if (error instanceof RunError) return error
  throw error
}

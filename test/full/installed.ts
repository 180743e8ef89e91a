/** The folders where scripts/full.js has installed the packages of these tests. */
import { join } from 'node:path'

const { WASI_COMMON_FULL: scratch } = process.env
if (scratch === undefined)
  throw new Error('these tests are run by npm run test:full, which installs their packages')

/** A path in the folder of large programs. */
export const packages = (...path: readonly string[]): string => join(scratch, 'packages', ...path)

/** A path in the folder of test runners. */
export const runners = (...path: readonly string[]): string => join(scratch, 'runners', ...path)

// Runs programs, and several jobs at a time.
import { execFile, spawnSync } from 'node:child_process'
import { root } from '../root.js'

/**
 * Runs a program in the package's folder. Its output is that of the script; a failure throws.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
export function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    ...options,
  })
  if (status === 0) return
  const how = error?.message ?? signal ?? `exit code ${status}`
  throw new Error(`${[program, ...args].join(' ')}: ${how}`, { cause: error })
}

/**
 * Runs a script of Node's in the package's folder, as {@link run} does.
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
export const runNode = (args, options) => run(process.execPath, args, options)

/**
 * @typedef {object} Outcome
 * @property {number | undefined} status
 * @property {(Error & { code?: unknown }) | undefined} error of a program that did not start, or
 *   was ended by a signal
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program in the package's folder to its end, whether or not it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Outcome>}
 */
export const outcome = (program, args, options) =>
  new Promise(resolve =>
    execFile(
      program,
      args,
      { cwd: root, maxBuffer: 1 << 28, ...options },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined
        const fault = error !== null && status === undefined ? error : undefined
        resolve({ status, error: fault, stdout, stderr })
      },
    ),
  )

/**
 * Runs jobs, at most `count` at a time, and resolves with their results in the jobs' order.
 * @template Result
 * @param {number} count
 * @param {readonly (() => Result | Promise<Result>)[]} jobs
 */
export async function inTurns(count, jobs) {
  /** @type {Result[]} */
  const results = []
  const left = jobs.entries()
  const worker = async () => {
    for (const [index, job] of left) results[index] = await job()
  }
  await Promise.all(Array.from({ length: count }, worker))
  return results
}

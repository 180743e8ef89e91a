/**
 * Runs one use of a client of node:wasi in a process of its own, with or without
 * wasi-common/register.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const register = fileURLToPath(import.meta.resolve('#lib/register.js'))

/** Flags with which node:wasi's class is this package's. */
export const registered: readonly string[] = ['--import', register]

/**
 * The abort of a Node whose loader requires a module that it still imports, which depends on time.
 * @see https://github.com/nodejs/node/pull/59519
 */
const raced = /v8::Module::IsGraphAsync must be used on an instantiated module/

/**
 * The outcome of a client, as its script prints it, and `ours` where the class was this package's.
 * A client that met the race of Node's loader runs again, at most `tries` times in all.
 */
export function used(
  script: string,
  client: string,
  flags: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  tries = 3,
): Promise<{ outcome: unknown; ours: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', ...flags, script, client], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => (stdout += chunk))
    child.stderr.on('data', chunk => (stderr += chunk))
    child.on('close', (status, signal) => {
      if (status === 0) resolve(JSON.parse(stdout))
      else if (tries > 1 && raced.test(stderr))
        used(script, client, flags, env, tries - 1).then(resolve, reject)
      else
        reject(
          new Error(`${[...flags, client].join(' ')} ended with ${status ?? signal}: ${stderr}`),
        )
    })
  })
}

// Runs the tests of one package of Go in one way, and reads their names and outcomes from what they
// print.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { binary, sources } from './toolchain.js'

const main = join(root, 'dist/bundle/cli.js')
/**
 * Files of tests lie in memory where Linux has such a folder: `os` takes 7 s there, and 44 s on a
 * busy disk.
 */
const memory = '/dev/shm'
/** Milliseconds for one package. The longest takes half a minute where all processors are busy. */
const longest = 300_000

/**
 * Outcomes of the tests of a package; `error` where they did not come to their end.
 * @param {readonly string[]} words of the command
 * @param {string} name a package of Go
 * @param {string} folder for its binary and sources
 */
export async function runTests(words, name, folder) {
  const cwd = sources(name, folder)
  const temporary = mkdtempSync(join(existsSync(memory) ? memory : folder, 'wasi-common-go-'))
  const variables = { PWD: cwd, PATH: process.env.PATH, TMPDIR: temporary }
  const env = Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  const args = [main, 'run', ...words, ...env, binary(name, folder), '-test.short', '-test.v']
  const start = performance.now()
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longest,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  }
  const [code, signal] = await once(child, 'close')
  rmSync(temporary, { recursive: true, force: true })
  return { ...outcome(output, code, signal), output, seconds: (performance.now() - start) / 1000 }
}

/**
 * A package ends with PASS and 0, or with FAIL and 1 after a line for each test that failed. All
 * else is an error.
 * @param {string} output
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function outcome(output, code, signal) {
  // Subtests, which are indented, fail with their tests.
  /** @param {string} word */
  const named = word =>
    [...output.matchAll(new RegExp(`^--- ${word}: (\\w+)`, 'gm'))].map(([, test]) => test)
  const passed = named('PASS').length
  const failed = named('FAIL')
  const ended =
    (code === 0 && passed > 0 && failed.length === 0) ||
    (code === 1 && failed.length > 0 && /^FAIL$/m.test(output))
  const error = ended
    ? undefined
    : signal !== null
      ? `ended by ${signal}`
      : `ended with code ${code}, after ${passed} tests`
  return { passed, failed, error }
}

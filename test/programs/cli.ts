/** Starts the command in the tests of whole programs, and provides folders for these programs. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { build, unoptimized } from '#guests/toolchain.js'

export const backends = ['native', 'typescript'] as const
export type Backend = (typeof backends)[number]

export const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))

export interface Ended {
  /** Null if a signal ended it, which is never right. */
  status: number | null
  stdout: string
  stderr: string
  /** Standard output as it came, for guests that write no text. */
  bytes: Buffer
}

/**
 * Run `wasi-common run` with these arguments. Standard input is empty unless given.
 * @param flags of Node; one backend's programs are optimized
 */
export function run(
  backend: Backend,
  args: readonly string[],
  input: string | Uint8Array = '',
  flags: readonly string[] = backend === 'native' ? [] : unoptimized,
): Ended {
  const words = [...flags, main, 'run', '--backend', backend, ...args]
  const ended = spawnSync(process.execPath, words, {
    input,
    maxBuffer: 2 ** 26,
    timeout: 120_000,
  })
  if (ended.error !== undefined) throw ended.error
  return {
    status: ended.status,
    stdout: ended.stdout.toString(),
    stderr: ended.stderr.toString(),
    bytes: ended.stdout,
  }
}

/** The path of one of our own guests, compiled in the sandbox when its source is new. */
export function guest(name: string): string {
  return build(name, (args, flags) => run('native', args, '', flags))
}

/**
 * An empty folder for one test. Its path has no links, since programs compare the paths they print.
 */
export function scratch(t: ExecutionContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wasi-common-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A process in which one system call always fails. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'

const source = fileURLToPath(new URL('../../../test/native/failing.c', import.meta.url))
const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
/** A launcher: `failing CALL ERRNO PROGRAM ...`. */
export const failing = join(folder, 'failing')
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Returns why it is not available here, or undefined. */
function missing(): string | undefined {
  if (process.platform !== 'linux') return 'seccomp is of Linux'
  const { error, status, stderr } = spawnSync('cc', ['-O1', '-o', failing, source], {
    encoding: 'utf8',
  })
  if (error !== undefined) return `no C compiler: ${error.message}`
  if (status !== 0) return `the launcher does not compile: ${stderr.split('\n', 1)[0]}`
  const tried = spawnSync(failing, ['openat2', '38', 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `no filter can be installed: ${tried.stderr.trim()}`
}

const reason = missing()
/** Registers a test that needs it, or says why it is skipped. */
export const withFailing: (
  title: string,
  body: (t: ExecutionContext) => Promise<void> | void,
) => void =
  reason === undefined
    ? (title, body) => test.serial(title, body)
    : title => test.serial.skip(`${title} [${reason}]`, () => {})

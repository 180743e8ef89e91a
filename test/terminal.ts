/**
 * Terminals for tests: stopped, slow or fast, as a program's streams, or to be opened by their
 * names.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'

const source = fileURLToPath(new URL('../../test/native/terminal.c', import.meta.url))
const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
/** A launcher: `terminal HOW FDS PROGRAM ...`. */
const program = join(folder, 'terminal')
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

/**
 * `full`: the terminal is not read; `stop`: Ctrl-S was typed; `slow`: 1 KiB every 50 ms; `fast`: as
 * it comes. `master`: the program has the reading side as its descriptor 3; `alias`: it has the
 * terminal by a name that refers to another one by then.
 */
export type How = 'full' | 'stop' | 'slow' | 'fast' | 'master' | 'alias'

/** Returns why terminals cannot be made here, or undefined. */
function missing(): string | undefined {
  if (process.platform === 'win32') return 'terminals of Windows are consoles'
  const { error, status, stderr } = spawnSync('cc', ['-O1', '-o', program, source], {
    encoding: 'utf8',
  })
  if (error !== undefined) return `no C compiler: ${error.message}`
  if (status !== 0) return `the terminal does not compile: ${stderr.split('\n', 1)[0]}`
  const tried = spawnSync(program, ['fast', '1', 'true'], { encoding: 'utf8' })
  return tried.stdout.startsWith('0 ')
    ? undefined
    : `no terminal can be made: ${tried.stderr.trim()}`
}
const reason = missing()

/** Registers a test that needs one, or says why it is skipped. */
export const withTerminal: (title: string, body: (t: ExecutionContext) => Promise<void>) => void =
  reason === undefined
    ? (title, body) => test.serial(title, body)
    : title => test.serial.skip(`${title} [${reason}]`, () => {})

export interface Ran {
  /** The exit code; null where it had to be killed. */
  readonly code: number | null
  /** Milliseconds to its end. */
  readonly time: number
  /** Number of bytes that came out of the terminal. */
  readonly taken: number
}
/** Runs a program whose descriptors, the digits of `fds`, are the terminal. */
export async function runOn(how: How, fds: string, command: readonly string[]): Promise<Ran> {
  const child = spawn(program, [how, fds, ...command], { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (text += chunk))
  await once(child, 'close')
  const [code, time, taken] = text.split(' ').map(Number)
  return { code: code === -1 ? null : code, time, taken }
}

/** A terminal that is read elsewhere. */
export interface Terminal {
  /** Open to read and write. */
  readonly fd: number
  /** Resolves to the output of the terminal, which ends then. */
  written(): Promise<string>
}
export async function openTerminal(t: ExecutionContext, how: How): Promise<Terminal> {
  // A file: a pipe would be full while the test itself waits for the terminal.
  const output = fs.mkdtempSync(join(folder, 'output-'))
  const file = fs.openSync(join(output, 'text'), 'w')
  const child = spawn(program, [how, 'serve'], { stdio: ['pipe', file, 'ignore'] })
  fs.closeSync(file)
  t.teardown(() => void child.kill('SIGKILL'))
  const text = (): string => fs.readFileSync(join(output, 'text'), 'latin1')
  while (!text().includes('\n')) await setTimeout(10)
  const name = text().split('\n', 1)[0]
  const fd = fs.openSync(name, fs.constants.O_RDWR | fs.constants.O_NOCTTY)
  t.teardown(() => fs.closeSync(fd))
  return {
    fd,
    async written() {
      // Waits until the terminal is drained.
      for (let before = -1; before !== text().length; ) {
        before = text().length
        await setTimeout(300)
      }
      child.stdin?.end()
      await once(child, 'close')
      return text().slice(name.length + 1)
    },
  }
}

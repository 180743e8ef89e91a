/** wasmtime as an oracle for components: by its Python package, where that is installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../test/component/oracle.py', import.meta.url))
const python = process.platform === 'win32' ? 'python' : 'python3'

/** True if the `python3` of the PATH has the package, as `pip install wasmtime` installs it. */
export const hasWasmtime = spawnSync(python, ['-c', 'import wasmtime.component']).status === 0

export interface Asked {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Directories of the host by the guest's names for them. */
  readonly preopens?: Readonly<Record<string, string>>
  readonly input?: string
}
export interface Outcome {
  /** `trap` if the component trapped. */
  readonly exitCode: number | 'trap'
  readonly stdout: string
  readonly stderr: string
}
/** Runs a command component. */
export function onWasmtime(
  component: Uint8Array,
  { args, env = {}, preopens = {}, input = '' }: Asked,
): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-common-wasmtime-'))
  const at = (name: string): string => join(folder, name)
  try {
    writeFileSync(at('component'), component)
    writeFileSync(at('stdin'), input)
    const asked = {
      args,
      env,
      preopens,
      component: at('component'),
      stdin: at('stdin'),
      stdout: at('stdout'),
      stderr: at('stderr'),
    }
    const { status, stdout, stderr } = spawnSync(python, [program, JSON.stringify(asked)], {
      encoding: 'utf8',
      timeout: 280_000,
    })
    if (status !== 0) throw new Error(`wasmtime's runner ended with ${status}: ${stderr}`)
    const { exitCode = 'trap' } = JSON.parse(stdout) as { exitCode?: number }
    return {
      exitCode,
      stdout: readFileSync(at('stdout'), 'utf8'),
      stderr: readFileSync(at('stderr'), 'utf8'),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whole programs as components, and the same modules without. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { componentNew, preview1AdapterCommandPath } from '@bytecodealliance/jco'
import { ripgrep } from '#guests/modules.js'
import { command as assembled, call, drop } from '../../test/wasm.js'
import { ask, program } from '../ask.js'
import { tree } from '../programs.js'
import { transpiled } from './build.js'
import { bindingsOf, type ComponentSide, type Given } from './sides.js'

export interface Ready {
  readonly command: (side: ComponentSide) => readonly string[] | undefined
  /** The process prints the milliseconds of its work to descriptor 3. */
  readonly inside: boolean
  /** More variables of its process. */
  readonly env?: Readonly<Record<string, string>>
  /** The part of standard output that must be the same for all sides. */
  readonly same: (stdout: string) => string
}
export interface Program {
  readonly name: string
  readonly prepare: (folder: string, quick: boolean) => Promise<Ready>
  readonly goal?: number
  readonly moduleGoal?: number
  readonly within?: number
}

/** Adapts a command of preview 1, as `jco new --wasi-command` does. */
async function adapted(module: string): Promise<Uint8Array> {
  const adapter = readFileSync(preview1AdapterCommandPath())
  return componentNew(readFileSync(module), [['wasi_snapshot_preview1', adapter]])
}

/** A module that prints a line. */
function hello(folder: string): string {
  const file = join(folder, 'hello.wasm')
  const text = { 0: Uint8Array.from([16, 0, 0, 0, 6, 0, 0, 0]), 16: 'hello\n' }
  writeFileSync(file, assembled([drop(call('fd_write', 1, 0, 1, 8))], { data: text }))
  return file
}

async function commandOf(
  name: string,
  folder: string,
  module: string,
  given: Given,
  more: readonly string[] = [],
): Promise<Ready['command']> {
  const components = await transpiled(folder, await adapted(module))
  return side => {
    const file = side === 'preview 1' ? module : components[bindingsOf(side)]
    return program(name, [side, file, JSON.stringify(given), ...more])
  }
}

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))

export const programs: readonly Program[] = [
  {
    name: 'hello by the command, once it is transpiled',
    prepare: async folder => {
      const module = hello(folder)
      const component = join(folder, 'hello.component.wasm')
      writeFileSync(component, await adapted(module))
      const files = { hybrid: component, 'preview 1': module }
      const command: Ready['command'] = side =>
        side === 'hybrid' || side === 'preview 1'
          ? [process.execPath, main, files[side]]
          : undefined
      const env = { XDG_CACHE_HOME: join(folder, 'cache') }
      ask(command('hybrid') as string[], { env })
      return { command, env, inside: false, same: stdout => stdout }
    },
    within: 30,
  },
  {
    name: 'hello as a transpiled component',
    prepare: async folder => ({
      command: await commandOf('components/program', folder, hello(folder), {}),
      inside: false,
      same: stdout => stdout,
    }),
  },
  {
    name: 'ripgrep over 20,000 files as a component',
    prepare: async folder => {
      // As for a pipe: a host may have a terminal for every stream.
      const args = ['rg', '--no-ignore', '--color=never', '--no-heading', '-N', 'needle', '/box']
      const given = { args, preopens: { '/box': tree(folder) } }
      return {
        command: await commandOf('components/program', folder, await ripgrep(), given),
        inside: false,
        // It searches as the host lists.
        same: stdout => stdout.split('\n').sort().join('\n'),
      }
    },
    moduleGoal: 1.15,
  },
  {
    name: 'a fresh guest that prints a line',
    prepare: async (folder, quick) => {
      const count = quick ? '20' : '200'
      return {
        command: await commandOf('components/guests', folder, hello(folder), {}, [count]),
        inside: true,
        same: stdout => stdout,
      }
    },
  },
]

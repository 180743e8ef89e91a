/**
 * Whole programs as rows: what each side runs, how it is seen that it did its work, and what ratio
 * is the goal.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { llvm, ripgrep, sqlite } from '#guests/modules.js'
import { product } from '#guests/products.js'
import { resources, sources, sqliteFlags } from '#guests/toolchain.js'
import { command as assembled, call, drop } from '../test/wasm.js'
import { ask, program } from './ask.js'
import { guest } from './built.js'
import type { Goal } from './calls.js'
import { type Host, hosts, type Side, sides } from './sides.js'

/** The place and the size of a program's work. */
export interface Stage {
  readonly folder: string
  readonly quick: boolean
  /** Compile C as it is here, with more flags; a program, or nothing where there is no compiler. */
  readonly native: (source: string, flags?: readonly string[]) => string | undefined
}
export interface Ready {
  /** The command of a side, if it has one. */
  readonly command: (side: Side) => readonly string[] | undefined
  /** Before each run. */
  readonly before?: () => void
  /** More variables of each side. */
  readonly env?: Readonly<Record<string, string>>
  /** The part of standard output that must be the same for all sides. Default all of it. */
  readonly same?: (stdout: string) => string
  /** Standard output is `{ milliseconds, said }`: only a part of the process counts. */
  readonly inside?: boolean
}
export interface Program {
  readonly name: string
  readonly prepare: (stage: Stage) => Ready | Promise<Ready>
  readonly goal?: Goal
  readonly typescriptGoal?: number
  /** The most milliseconds beyond node:wasi. */
  readonly within?: number
  readonly without?: Readonly<Partial<Record<Side, string>>>
  /** A note for the reader of the table. */
  readonly note?: string
  /** Takes seconds to start, so that a quick run has one turn of it. */
  readonly slow?: boolean
}

/** The command that program.ts runs. */
export interface Command {
  readonly module: string
  readonly args: readonly string[]
  readonly preopens: Readonly<Record<string, string>>
}
const wasm = (side: Side, command: Command): string[] =>
  program('program', [side, JSON.stringify(command)])
const isHost = (side: Side): side is Host => side !== 'floor'

/** One of our guests in C: the same source natively is its floor. */
function c(
  name: string,
  args: (folder: string) => string[],
  { folder, native }: Stage,
  flags: readonly string[] = [],
): Ready['command'] {
  const module = guest(name)
  const floor = native(join(sources, `${name}.c`), flags)
  return side => {
    if (isHost(side))
      return wasm(side, { module, args: [name, ...args('/box')], preopens: { '/box': folder } })
    return floor === undefined ? undefined : [floor, ...args(folder)]
  }
}

const before24 = Number(process.versions.node.split('.')[0]) < 24
const noTwin = 'it was not built natively'
/** 20,000 files of a few words, in 200 folders. */
export function tree(folder: string): string {
  const root = join(folder, 'tree')
  rmSync(root, { recursive: true, force: true })
  for (let i = 0; i < 200; i++) {
    const inner = join(root, `folder-${i % 20}`, `inner-${i}`)
    mkdirSync(inner, { recursive: true })
    for (let j = 0; j < 100; j++)
      writeFileSync(
        join(inner, `file-${j}.txt`),
        j % 50 === 7 ? `a needle ${i}\n` : `hay ${j}\n`.repeat(20),
      )
  }
  return root
}

const reading = (length: number, name: string, goal: Goal): Program => ({
  name: `reads of ${name} from a file`,
  goal,
  prepare: stage => {
    const mebibytes = stage.quick ? 16 : 128
    writeFileSync(join(stage.folder, 'large'), Buffer.alloc(mebibytes * 2 ** 20, 'words'))
    const times = stage.quick ? (length === 512 ? 1 : 8) : length === 512 ? 8 : 32
    return { command: c('read', folder => [`${folder}/large`, `${length}`, `${times}`], stage) }
  },
})

/** True if Node can keep the code that V8 compiled, in a folder that a variable names. */
const compileCache = 'enableCompileCache' in process.getBuiltinModule('node:module')
/**
 * A small program that embeds a guest saying hello, as one writes it for each side. As a command,
 * ours is no program but `wasi-common run`.
 * @param cached with Node's compile cache, which an earlier run has filled
 */
const start = (kind: 'CommonJS' | 'ESM' | 'the command', cached = false): Program => ({
  name: `start-up, hello from ${kind}${cached ? ', compile cache' : ''}`,
  within: 3,
  note: 'the floor is Node that compiles the guest, without any host',
  prepare: ({ folder }) => {
    const module = join(folder, 'hello.wasm')
    const out = [0x10, 0, 0, 0, 6, 0, 0, 0]
    writeFileSync(
      module,
      assembled([drop(call('fd_write', 1, 0, 1, 8))], {
        data: { 0: Uint8Array.from(out), 16: 'hello\n' },
      }),
    )
    const door = {
      CommonJS: import.meta.resolve('#bundle/index.js'),
      ESM: import.meta.resolve('#bundle/index.mjs'),
    }
    const scripts = Object.fromEntries(
      (['floor', ...hosts] as const).map(side => {
        const from =
          side === 'node:wasi' ? side : kind === 'ESM' ? door.ESM : fileURLToPath(door.CommonJS)
        const load = (names: string, from: string) =>
          kind === 'ESM'
            ? `import ${names} from ${JSON.stringify(from)}`
            : `const ${names} = require(${JSON.stringify(from)})`
        const backend = side === 'typescript' ? ", backend: 'typescript'" : ''
        const text = [
          load('{ readFileSync }', 'node:fs'),
          ...(side === 'floor' ? [] : [load('{ WASI }', from)]),
          `const program = new WebAssembly.Module(readFileSync(${JSON.stringify(module)}))`,
          ...(side === 'floor'
            ? ["process.stdout.write('hello\\n')"]
            : [
                `const wasi = new WASI({ version: 'preview1'${backend} })`,
                'wasi.start(new WebAssembly.Instance(program, wasi.getImportObject()))',
              ]),
        ]
        const script = join(
          folder,
          `hello-${side.replace(':', '-')}.${kind === 'ESM' ? 'mjs' : 'cjs'}`,
        )
        writeFileSync(script, `${text.join('\n')}\n`)
        return [side, script]
      }),
    )
    const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
    const command = (side: Side): readonly string[] =>
      kind === 'the command' && (side === 'native' || side === 'typescript')
        ? [process.execPath, main, 'run', '--backend', side, module]
        : [process.execPath, '--no-warnings', scripts[side]]
    if (!cached) return { command }
    const env = { NODE_COMPILE_CACHE: join(folder, 'cache') }
    for (const side of sides) ask(command(side), { env })
    return { command, env }
  },
})

export const programs: readonly Program[] = [
  {
    name: 'a walk of 20,000 files',
    goal: [1.6, 1.6],
    typescriptGoal: 0.5,
    prepare: stage => {
      tree(stage.folder)
      return { command: c('walk', folder => [`${folder}/tree`, stage.quick ? '1' : '5'], stage) }
    },
  },
  {
    name: 'SQLite on a file',
    goal: [1.25, 1.3],
    prepare: stage => {
      const file = join(stage.folder, 'words.db')
      const rows = stage.quick ? '2000' : '20000'
      return {
        command: c('database', folder => [`${folder}/words.db`, rows], stage, [
          '-isystem',
          sqlite(),
          ...sqliteFlags,
        ]),
        before: () => rmSync(file, { force: true }),
      }
    },
  },
  reading(512, '512 B', [1.18, 1.2]),
  reading(65536, '64 KiB', [1, 1]),
  reading(2 ** 20, '1 MiB', [1, 1]),
  {
    name: "Ruby's Dir.glob over its library, once started",
    slow: true,
    ...(before24 && {
      note: "node:wasi without V8's fast calls, which crash with Ruby before Node 24",
    }),
    without: { floor: noTwin },
    prepare: ({ folder, quick }) => {
      const words = (side: Side, times: number): string[] =>
        // Before Node 24 its fast calls crash with Ruby.
        program(
          'ruby',
          [side, folder, `${times}`],
          side === 'node:wasi' && before24 ? ['--no-turbo-fast-api-calls'] : [],
        )
      ask(words('native', 0))
      return { command: side => words(side, quick ? 3 : 20), inside: true }
    },
  },
  {
    name: 'ripgrep over 20,000 files',
    slow: true,
    without: { floor: noTwin },
    prepare: async stage => {
      tree(stage.folder)
      const module = await ripgrep()
      const args = ['rg', '--no-ignore', 'needle', '/box/tree']
      return {
        command: side => wasm(side, { module, args, preopens: { '/box': stage.folder } }),
        // It searches as the host lists.
        same: stdout => stdout.split('\n').sort().join('\n'),
      }
    },
  },
  {
    name: 'clang compiles a file',
    slow: true,
    without: { floor: noTwin },
    prepare: ({ folder }) => {
      copyFileSync(join(sources, 'hello.c'), join(folder, 'hello.c'))
      const preopens = { '/usr': resources(), '/box': folder }
      const args = [
        'clang',
        '--target=wasm32-wasip1',
        '-O2',
        '-c',
        '/box/hello.c',
        '-o',
        '/box/hello.o',
      ]
      return { command: side => wasm(side, { module: llvm(), args, preopens }) }
    },
  },
  start('CommonJS'),
  start('ESM'),
  start('the command'),
  ...(compileCache ? [start('CommonJS', true), start('the command', true)] : []),
  {
    name: '1,000 small guests: construct, instantiate, start',
    goal: [4, 3],
    without: { floor: 'it has no guests' },
    prepare: ({ folder }) => ({
      command: side => program('guests', [side, folder, '1000']),
      inside: true,
    }),
  },
]

/**
 * The machine's own compiler, if there is one. What takes long to compile is kept beside the
 * guests.
 */
export function compiler(folder: string): Stage['native'] {
  try {
    ask(['cc', '--version'])
  } catch {
    return () => undefined
  }
  return (source, flags = []) => {
    const name = source.replace(/.*\/(.*)\.c$/, '$1')
    const compile = (to: string): void =>
      void ask(['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', ...flags, '-o', to, source])
    if (name === 'database')
      return product(
        `${name}-${createHash('sha256').update(`${flags}`).update(readFileSync(source)).digest('hex').slice(0, 12)}`,
        compile,
      )
    const to = join(folder, name)
    compile(to)
    return to
  }
}

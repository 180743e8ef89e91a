/**
 * Compiles a C file to a WebAssembly program: with clang, which is a WASI guest itself, so in the
 * sandbox too.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { llvm, llvmResources, llvmVersion, sqlite } from './modules.js'
import { product } from './products.js'
import { unpack } from './tar.js'

/** Our own C sources. */
export const sources = fileURLToPath(new URL('c', import.meta.url))

/**
 * Runs `wasi-common run` with these arguments, in a Node with these flags, and waits for its end.
 *
 * @typedef {(args: string[], flags: readonly string[]) => { status: number | null, stdout: string, stderr: string }} Run
 */

/**
 * V8 without its optimizing compiler, which takes more time than it saves a large program that runs
 * for a second.
 */
export const unoptimized = ['--liftoff-only']

/** The folder that clang wants to see as /usr, unpacked once. */
export const resources = () =>
  product(`llvm-${llvmVersion()}`, folder => unpack(readFileSync(llvmResources()), folder))

/** SQLite without what a guest has no use for. Natively it is compiled so, too, for comparison. */
export const sqliteFlags = [
  '-DSQLITE_THREADSAFE=0',
  '-DSQLITE_OMIT_LOAD_EXTENSION',
  '-DSQLITE_OMIT_WAL',
  '-DSQLITE_DEFAULT_MEMSTATUS=0',
]

/**
 * The extra arguments of a source. The C library has no threads: wasm-ld gets a flag to accept that, and a
 * program that has some must see to it that only one of them is in the library at a time. SQLite's
 * own source is a header to us, whose warnings are not ours.
 *
 * @type {Record<string, { mount: string[], compile: string[], link: string[] } | undefined>}
 */
const wants = {
  database: {
    mount: ['--dir', `${sqlite()}::/sqlite::ro`],
    compile: ['-isystem', '/sqlite', ...sqliteFlags],
    link: [],
  },
  threads: {
    mount: [],
    compile: ['-matomics', '-mbulk-memory'],
    link: ['--import-memory', '--shared-memory', '--max-memory=16777216', '--no-check-features'],
  },
}

const libraries = '/usr/lib/wasm32-wasip1'
const builtins = '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a'

/**
 * The arguments of `wasi-common run` that compile `NAME.c` to `NAME.o` and link that to
 * `NAME.wasm`. These are two commands, since clang would have to start the linker and WASI has no
 * processes. The sources and the compiler's own files are mounted read-only; only the folder for
 * the output can be written.
 *
 * @param {string} name of the source without `.c`
 * @param {{ from?: string, to: string, flags?: string[] }} folders the host's folders of the source
 *   and for the output, and more flags for clang
 * @returns {{ compile: string[], link: string[], program: string }}
 */
export function commands(name, { from = sources, to, flags = [] }) {
  const usr = ['--dir', `${resources()}::/usr::ro`]
  const src = ['--dir', `${from}::/src::ro`]
  const out = ['--dir', `${to}::/out`]
  const more = wants[name] ?? { mount: [], compile: [], link: [] }
  const strict = ['-O2', '-Wall', '-Wextra', '-Werror']
  return {
    compile: [
      ...[...usr, ...src, ...out, ...more.mount, '--argv0', 'clang', llvm()],
      ...[
        '--target=wasm32-wasip1',
        ...strict,
        ...more.compile,
        ...flags,
        '-c',
        `/src/${name}.c`,
        '-o',
        `/out/${name}.o`,
      ],
    ],
    link: [
      ...[...usr, ...out, '--argv0', 'wasm-ld', llvm()],
      ...[
        ...more.link,
        `-L${libraries}`,
        `${libraries}/crt1-command.o`,
        `/out/${name}.o`,
        '-lc',
        builtins,
        '-o',
        `/out/${name}.wasm`,
      ],
    ],
    program: join(to, `${name}.wasm`),
  }
}

/**
 * The path of one of our own guests, built unless it has been since its source last changed.
 *
 * @param {string} name of its source without `.c`
 * @param {Run} run
 * @param {{ measured?: boolean }} [options] SQLite is optimized where it is measured: that takes
 *   clang a minute and a half
 * @returns {string}
 */
export function build(name, run, { measured = false } = {}) {
  const slow = name === 'database'
  const level = slow && !measured ? ['-O0'] : []
  const source = readFileSync(join(sources, `${name}.c`))
  const version = createHash('sha256')
    .update(llvmVersion())
    .update(readFileSync(new URL(import.meta.url)))
    .update(source)
    .update(`${level}`)
    .digest('hex')
    .slice(0, 12)
  return product(`${name}-${version}.wasm`, path => {
    const to = `${path}.parts`
    mkdirSync(to)
    const flags = slow && measured ? [] : unoptimized
    try {
      const { compile, link, program } = commands(name, { to, flags: level })
      for (const args of [compile, link]) {
        const { status, stdout, stderr } = run(args, flags)
        if (status !== 0)
          throw new Error(`${name}.c was not built, status ${status}: ${stdout}${stderr}`)
      }
      renameSync(program, path)
    } finally {
      rmSync(to, { recursive: true, force: true })
    }
  })
}

/**
 * Replaces node:wasi's class by this package's, under both names of that module, and preview2-shim
 * by wasi-common/preview2, in this thread and in the workers it starts.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { coded } from '../errors.js'
import type { WASIOptions } from '../options/options.js'
import { WASI as Any } from '../wasi.js'
import { leadShim } from './lead.js'

const require = createRequire(import.meta.url)
/** The backend with which the process is registered. All copies of this package share it. */
const registered = Symbol.for('wasi-common/register')

type Backend = 'auto' | 'typescript'
const doors = { auto: 'wasi-common/register', typescript: 'wasi-common/register/typescript' }

/** Returns class WASI with another default for `options.backend`. */
function classOn(backend: Backend): typeof Any {
  if (backend === 'auto') return Any
  return class WASI extends Any {
    constructor(options: WASIOptions = {} as WASIOptions) {
      super(
        isObject(options) && options.backend === undefined
          ? Object.create(options, { backend: { value: backend } })
          : options,
      )
    }
  }
}
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/**
 * Replaces the class in the exports of the built-in module itself, not in the resolution of its
 * name. This covers every way of importing, on every version of Node. Its experimental warning is
 * suppressed, since the class it concerns is unused.
 */
function replaceClass(WASI: typeof Any): void {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    require('node:wasi').WASI = WASI
  } finally {
    process.emitWarning = emitWarning
  }
}

interface WorkerOptions {
  readonly execArgv?: unknown
}
type Flags = readonly string[]

/** Returns flags that load `file` in a worker: --require reaches those that --import does not. */
const loading = (file: string, flags: Flags): Flags =>
  flags.some((flag, i) => flag === file && flags[i - 1] === '--require')
    ? flags
    : [...flags, '--require', file]

/**
 * Returns the flags of the process that a worker refuses, such as V8's. The error that refuses them
 * names each.
 */
function refusedBy(error: Error): ReadonlySet<string> {
  const [, list] = /flags: (.*)$/.exec(error.message) ?? []
  return new Set(list?.split(', '))
}

/**
 * Makes every worker register, too. Workers inherit --import, except those with their own flags,
 * and those whose source is a string of CommonJS. Loaders of emnapi make both kinds.
 */
function registerWorkers(file: string): void {
  const threads = require('node:worker_threads')
  threads.Worker = new Proxy(threads.Worker, {
    construct(Worker, [source, options, ...rest], target) {
      const make = (options: WorkerOptions): object =>
        Reflect.construct(Worker, [source, options, ...rest], target)
      const own = (options as WorkerOptions | undefined)?.execArgv
      if (own !== undefined && own !== null && !Array.isArray(own)) return make(options)
      try {
        return make({ ...options, execArgv: loading(file, own ?? process.execArgv) })
      } catch (error) {
        if (own || (error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV')
          throw error
        const refused = refusedBy(error as Error)
        return make({
          ...options,
          execArgv: loading(
            file,
            process.execArgv.filter(flag => !refused.has(flag)),
          ),
        })
      }
    },
  })
}

/**
 * Registers once per thread.
 *
 * @param file the entry point that was loaded, which workers load as well
 * @throws Error with code `ERR_WASI_ALREADY_REGISTERED` if another backend is already registered:
 * the order of flags must not choose between two sandboxes
 */
export function register(backend: Backend, file: string): void {
  const before = (globalThis as { [registered]?: Backend })[registered]
  if (before === backend) return
  if (before !== undefined) {
    const message = `${doors[backend]} cannot be loaded after ${doors[before]}, which already replaces node:wasi: load one of them`
    throw coded(new Error(message), 'ERR_WASI_ALREADY_REGISTERED')
  }
  Object.defineProperty(globalThis, registered, { value: backend })
  replaceClass(classOn(backend))
  registerWorkers(file)
  leadShim()
  syncBuiltinESMExports()
}

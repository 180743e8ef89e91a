/** `node --import wasi-common/register app.js`: under both its names, node:wasi's class is this package's, in workers too. */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import { WASI } from './wasi.js'

const require = createRequire(import.meta.url)
const file = fileURLToPath(import.meta.url)
const registered = Symbol.for('wasi-common/register')

/**
 * The exports of the built-in module are changed themselves, not what its name leads to: so it serves every way of importing,
 * on every version of Node. Its warning is left out, which would be about a class that nobody uses.
 */
function replaceClass(): void {
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

/** Flags with which a worker finds its way here: --require reaches those that --import does not. */
const leadingHere = (flags: Flags): Flags =>
  flags.some((flag, i) => flag === file && flags[i - 1] === '--require') ? flags : [...flags, '--require', file]

/** Flags of the process that no worker may be given by name, as those of V8, are named by the error that refuses them. */
function refusedBy(error: Error): ReadonlySet<string> {
  const [, list] = /flags: (.*)$/.exec(error.message) ?? []
  return new Set(list?.split(', '))
}

/**
 * Workers inherit --import, but for those that are given flags of their own, and those whose source is a string of CommonJS.
 * Loaders of emnapi make both kinds.
 */
function leadWorkersHere(): void {
  const threads = require('node:worker_threads')
  threads.Worker = new Proxy(threads.Worker, {
    construct(Worker, [source, options, ...rest], target) {
      const make = (options: WorkerOptions): object => Reflect.construct(Worker, [source, options, ...rest], target)
      const own = (options as WorkerOptions | undefined)?.execArgv
      if (own !== undefined && own !== null && !Array.isArray(own)) return make(options)
      try {
        return make({ ...options, execArgv: leadingHere(own ?? process.execArgv) })
      } catch (error) {
        if (own || (error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error
        const refused = refusedBy(error as Error)
        return make({ ...options, execArgv: leadingHere(process.execArgv.filter(flag => !refused.has(flag))) })
      }
    },
  })
}

if (!(registered in globalThis)) {
  Object.defineProperty(globalThis, registered, { value: true })
  replaceClass()
  leadWorkersHere()
  syncBuiltinESMExports()
}

/** A module that a pool has compiled, with its limits written into it. */
import { wrongType, wrongValue } from '../validate.js'

/** The limits that are written into a module. */
export interface WrittenLimits {
  readonly maxMemory: number | undefined
  readonly maxTableElements: number | undefined
  /** The most threads that a run of the module may have. */
  readonly threads: number
}

/** The content of a {@link CompiledModule}. */
export interface Compiled {
  /** Its bytes, with the limits in them. No other code can change them. */
  readonly bytes: Uint8Array
  /** The number of bytes by which the limits moved its code. */
  readonly moved: number
  readonly limits: WrittenLimits
  /** Its bytes as they were passed, if its instances can be made snapshots of. */
  readonly original: Uint8Array | undefined
}

/** Returns the content of a compiled module. */
export let compiledOf: (compiled: CompiledModule) => Compiled
let isOwn: (value: object) => value is CompiledModule

/** The brand of compiled modules, which all copies of this package share. */
const mark = Symbol.for('wasi-common.CompiledModule')

/**
 * A module that {@link Pool.compile} compiled: a source for any number of runs, in `run` and in all
 * pools.
 */
export class CompiledModule {
  readonly #compiled: Compiled
  static {
    compiledOf = compiled => compiled.#compiled
    isOwn = (value): value is CompiledModule => #compiled in value
    Object.defineProperty(CompiledModule.prototype, mark, { value: true })
  }

  /** @hidden */
  constructor(compiled: Compiled) {
    this.#compiled = compiled
  }
}

/**
 * Recognizes a compiled module by its private content, so that no other object passes for one.
 * @throws TypeError for a module of another copy of this package, whose content this copy cannot
 * reach
 */
export function isCompiled(source: unknown): source is CompiledModule {
  if (typeof source !== 'object' || source === null) return false
  if (isOwn(source)) return true
  if (!(mark in source)) return false
  throw wrongType(
    'source',
    'compiled by a pool of the same copy of wasi-common (another copy is installed too)',
    source,
  )
}

/**
 * Checks the options of a run against the limits of its module. A limit may be omitted, or equal
 * the module's.
 * @throws TypeError
 */
export function checkLimits(compiled: CompiledModule, options: WrittenLimits): void {
  const { limits } = compiledOf(compiled)
  for (const name of ['maxMemory', 'maxTableElements'] as const) {
    const [asked, written] = [options[name], limits[name]]
    if (asked === undefined || asked === written) continue
    const with_ = written === undefined ? 'without it' : `with ${written}`
    throw wrongValue(
      `options.${name}`,
      `must be left out: the module was compiled ${with_}; set it in pool.compile()`,
      asked,
    )
  }
  // Each thread has its own tables, which count toward maxMemory.
  if (limits.maxMemory !== undefined && options.threads > limits.threads)
    throw wrongValue(
      'options.threads',
      `must be at most ${limits.threads}, with which the module was compiled; set it in pool.compile()`,
      options.threads,
    )
}

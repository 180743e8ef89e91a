/** A module that a pool has compiled, and the limits that are written into it. */
import { wrongType, wrongValue } from '../validate.js'

/** The limits that are written into a module. */
export interface WrittenLimits {
  readonly maxMemory: number | undefined
  readonly maxTableElements: number | undefined
  /** The most threads that a run of it may have. */
  readonly threads: number
}

/** The content of a {@link CompiledModule}. */
export interface Compiled {
  /** Its bytes, with the limits in them. Nobody else can change them. */
  readonly bytes: Uint8Array
  /** Bytes by which the limits moved its code. */
  readonly moved: number
  readonly limits: WrittenLimits
}

/** The content of a compiled module. */
export let compiledOf: (compiled: CompiledModule) => Compiled
let isOwn: (value: object) => value is CompiledModule

/** The mark of compiled modules, which those of another copy of this package have as well. */
const mark = Symbol.for('wasi-common.CompiledModule')

/**
 * A module that `pool.compile` made. `run` and all pools take it in place of bytes, as often as you
 * want.
 */
export class CompiledModule {
  readonly #compiled: Compiled
  static {
    compiledOf = compiled => compiled.#compiled
    isOwn = (value): value is CompiledModule => #compiled in value
    Object.defineProperty(CompiledModule.prototype, mark, { value: true })
  }

  /** For this package: `pool.compile` makes one. */
  constructor(compiled: Compiled) {
    this.#compiled = compiled
  }
}

/**
 * Recognizes a compiled module by its private content, so that no other object passes for one.
 * @throws TypeError for one of another copy of this package, whose content this copy cannot reach
 */
export function isCompiled(source: unknown): source is CompiledModule {
  if (typeof source !== 'object' || source === null) return false
  if (isOwn(source)) return true
  if (!(mark in source)) return false
  throw wrongType(
    'source',
    'compiled by a pool of the same copy of wasi-common; this one is of another copy',
    source,
  )
}

/**
 * Checks the options of a run against the limits of its module. A limit may be left out, or be the
 * one that the module was compiled with.
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
      `must be left out, as the module was compiled ${with_}: it is an option of pool.compile()`,
      asked,
    )
  }
  // Each thread has tables of its own, which count toward maxMemory.
  if (limits.maxMemory !== undefined && options.threads > limits.threads)
    throw wrongValue(
      'options.threads',
      `must be at most ${limits.threads}, with which the module was compiled: it is an option of pool.compile()`,
      options.threads,
    )
}

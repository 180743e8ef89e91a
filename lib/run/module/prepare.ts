/**
 * Prepares a module for a run: its memories and tables get the maxima that the run grants, and it
 * is compiled.
 */
import { coded } from '../../errors.js'
import {
  CompiledModule,
  checkLimits,
  compiledOf,
  isCompiled,
  type WrittenLimits,
} from '../../guest/compiled-module.js'
import { isModule } from '../../guest/instantiate.js'
import type { Terms } from '../settings.js'
import { type Caps, cap, defaultElements } from './cap.js'
import { Unreadable } from './reader.js'
import { visible } from './visible.js'

/** The module of a run: its bytes, or compiled. */
export type ModuleSource = Uint8Array | WebAssembly.Module | CompiledModule

/**
 * Data of compiled modules, made when they are first wanted: those that only guests' processes run
 * are not compiled here.
 */
const modules = new WeakMap<CompiledModule, Promise<WebAssembly.Module>>()

/** The module, compiled in the background unless it has been. */
export function moduleIn(compiled: CompiledModule): Promise<WebAssembly.Module> {
  const { bytes } = compiledOf(compiled)
  const module = modules.get(compiled) ?? WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>)
  modules.set(compiled, module)
  return module
}

export const capsOf = ({
  maxMemory,
  maxTableElements = defaultElements,
  threads,
}: WrittenLimits): Caps => ({
  memory: maxMemory,
  elements: maxTableElements,
  instances: threads + 1,
})

/**
 * The module of an instance without the limits of its run, from which its snapshots are made, or the
 * reason that it has none.
 */
export type Origin =
  | {
      readonly bytes: Uint8Array
      /** For the module of a snapshot: those of the module that the snapshot was made from. */
      readonly restored?: { readonly hash: string; readonly moved: number }
    }
  | { readonly refused: string }

const compiledBefore: Origin = {
  refused: 'the module was passed compiled: pass its bytes, or compile it with pool.compile()',
}

/**
 * A compiled module that cannot grow beyond the limits of its run. Only the functions below make
 * one.
 */
export class PreparedModule {
  readonly module: WebAssembly.Module
  /** The bytes that it was compiled from. Undefined where only the module is known. */
  readonly bytes: Uint8Array | undefined
  /** Bytes by which the limits that were written into it moved its code. */
  readonly moved: number
  readonly origin: Origin
  private constructor(
    module: WebAssembly.Module,
    bytes?: Uint8Array,
    moved = 0,
    origin = compiledBefore,
  ) {
    this.module = module
    this.bytes = bytes
    this.moved = moved
    this.origin = origin
  }

  /**
   * Compiles in the background. A module that is compiled already stays as it is, which not all
   * options allow.
   * @param visibly makes the state of an instance readable, for snapshots
   */
  static async prepare(
    source: ModuleSource,
    options: WrittenLimits & Pick<Terms, 'strict'>,
    visibly = false,
  ): Promise<PreparedModule> {
    if (isCompiled(source)) {
      checkLimits(source, options)
      const { bytes, moved, original } = compiledOf(source)
      const origin = original && { bytes: original }
      return new PreparedModule(await moduleIn(source), bytes, moved, origin)
    }
    if (isModule(source)) {
      checkCompiled(options)
      return new PreparedModule(source)
    }
    const bytes = source as Uint8Array
    const shown = visibly ? visible(bytes) : { bytes }
    const origin = 'bytes' in shown ? { bytes } : shown
    return PreparedModule.#compile('bytes' in shown ? shown.bytes : bytes, options, origin, bytes)
  }

  /**
   * Compiles the module of a snapshot, whose state is readable.
   * @param moved bytes by which the snapshot moved the code
   */
  static async prepareRestored(
    bytes: Uint8Array,
    options: WrittenLimits,
    hash: string,
    moved: number,
  ): Promise<PreparedModule> {
    return PreparedModule.#compile(
      bytes,
      options,
      { bytes, restored: { hash, moved } },
      bytes,
      moved,
    )
  }

  static async #compile(
    shown: Uint8Array,
    options: WrittenLimits,
    origin: Origin,
    original: Uint8Array,
    moved = 0,
  ): Promise<PreparedModule> {
    const capped = tryCap(shown, capsOf(options))
    const module = await WebAssembly.compile((capped.bytes ?? shown) as Uint8Array<ArrayBuffer>)
    if (capped.bytes === undefined) throw capped.unknown
    const { bytes } = capped
    return new PreparedModule(module, bytes, moved + bytes.length - original.length, origin)
  }

  /** Compiles in this thread, at once. */
  static prepareSync(source: Uint8Array, caps: Caps): PreparedModule {
    const capped = tryCap(source, caps)
    const module = new WebAssembly.Module((capped.bytes ?? source) as Uint8Array<ArrayBuffer>)
    if (capped.bytes === undefined) throw capped.unknown
    return new PreparedModule(module, capped.bytes, capped.bytes.length - source.length)
  }
}

/**
 * Bytes that cannot be read are most likely those of no module, of which the compiler has more to
 * say.
 */
function tryCap(
  source: Uint8Array,
  caps: Caps,
): { readonly bytes: Uint8Array } | { readonly bytes: undefined; readonly unknown: Error } {
  try {
    return { bytes: cap(source, caps) }
  } catch (cause) {
    if (!(cause instanceof Unreadable)) throw cause
    const message = `cannot set the limits of the module's memories and tables: ${cause.message}`
    return {
      bytes: undefined,
      unknown: coded(new RangeError(message, { cause }), 'ERR_WASI_MEMORY_LIMIT'),
    }
  }
}

/** The handle of a module that was prepared with these limits. */
export function compiledFor(
  { module, bytes = new Uint8Array(), moved, origin }: PreparedModule,
  limits: WrittenLimits,
): CompiledModule {
  const original = 'bytes' in origin ? origin.bytes : undefined
  const compiled = new CompiledModule({ bytes, moved, limits, original })
  modules.set(compiled, Promise.resolve(module))
  return compiled
}

/**
 * The handle of a module that is not compiled yet.
 * @throws WebAssembly.CompileError for bytes that cannot be read
 */
export function uncompiled(source: Uint8Array, limits: WrittenLimits): CompiledModule {
  const capped = tryCap(source, capsOf(limits))
  if (capped.bytes === undefined)
    throw new WebAssembly.CompileError(
      `the module cannot be read: ${(capped.unknown.cause as Error).message}`,
    )
  const { bytes } = capped
  return new CompiledModule({
    bytes,
    moved: bytes.length - source.length,
    limits,
    original: undefined,
  })
}

function checkCompiled({
  maxMemory,
  maxTableElements,
  strict,
}: WrittenLimits & Pick<Terms, 'strict'>): void {
  const asked = Object.entries({ maxMemory, maxTableElements }).find(
    ([, value]) => value !== undefined,
  )?.[0]
  const message =
    asked !== undefined
      ? `options.${asked} is written into the bytes of a module: pass these in place of the module`
      : 'options.strict limits the tables of a module, which is written into its bytes: pass these in place of the module'
  if (asked !== undefined || strict) throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
}

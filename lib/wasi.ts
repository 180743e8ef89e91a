/** class WASI: the constructor and the methods of node:wasi over a guest. */
import { dictionary } from './dictionary.js'
import { coded, Exit, WASIExit } from './errors.js'
import type { Import } from './gate.js'
import { type Guest, guestOf } from './guest/guest.js'
import type { GuestSource, ImportRecord, Instance } from './guest/instance.js'
import { functions, instantiate, record } from './guest/instantiate.js'
import { moduleOf } from './guest/source.js'
import { checkMemory, type MemoryLike, NotStarted } from './memory.js'
import type { Metrics } from './observe/metrics.js'
import type { Listener } from './options/listen.js'
import type { WASIOptions } from './options/options.js'
import { checkSpelled, returnOnExitOf, type Settings, settingsOf } from './options/settings.js'
import { Terminals } from './stdio/terminals.js'
import { checkFunction, checkObject, wrongType } from './validate.js'
import { Verdict } from './verdict.js'

// Loaders of emnapi look for these by their descriptions, as node:wasi has them.
const kBindingName = Symbol('kBindingName')
const kSetMemory = Symbol('kSetMemory')
const kStarted = Symbol('kStarted')
const kExitCode = Symbol('kExitCode')
const kInstance = Symbol('kInstance')

interface Exports {
  readonly _start?: unknown
  readonly _initialize?: unknown
  readonly memory?: unknown
}

/**
 * A WASI host for one guest, in place of node:wasi's class of the same name.
 * @see https://nodejs.org/api/wasi.html
 */
export class WASI {
  /**
   * The imports by name, a record without a prototype. Replace one before the module is
   * instantiated to have yours called in its place.
   */
  readonly wasiImport: Record<string, Import>
  /** @hidden */
  readonly [kBindingName]: string;
  /** @hidden */
  [kSetMemory]: (memory: MemoryLike) => void;
  /** @hidden */
  [kStarted] = false;
  /** @hidden */
  [kExitCode] = 0;
  /** @hidden */
  [kInstance]: { readonly exports: Exports } | undefined = undefined
  readonly #guest: Guest
  readonly #verdict: Verdict
  readonly #outputs: readonly Settings['stdio'][number][]
  readonly #terminals = new Terminals()

  /** @throws as {@link createGuest} does. */
  constructor(options: WASIOptions = {} as WASIOptions) {
    let returnOnExit = true
    this.#verdict = new Verdict(ended => {
      if (!(ended instanceof Exit)) return ended
      if (!returnOnExit) {
        this.#endOutputs()
        process.exit(ended.code)
      }
      this[kExitCode] = ended.code
      return new WASIExit(ended.code)
    })
    const settings = settingsOf(options)
    checkSpelled(options)
    this.#outputs = settings.stdio.slice(1)
    this.#guest = guestOf(settings, this.#verdict, undefined, this.#terminals)
    this.wasiImport = this.#guest.imports
    this[kBindingName] = this.#guest.namespace
    this[kSetMemory] = memory => this.#guest.bind(memory)
    try {
      // Last, as in node:wasi, of whose messages the first one counts.
      returnOnExit = returnOnExitOf(options)
      if (returnOnExit) this.#returnOnExit()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * proc_exit as node:wasi has it: started or not, the code is kept as it was passed, and the guest
   * is left by throwing.
   */
  #returnOnExit(): void {
    const { proc_exit } = this.wasiImport
    this.wasiImport.proc_exit = (code: number) => {
      const { reached } = this.#verdict
      let exit = new WASIExit(code)
      try {
        proc_exit(code)
      } catch (thrown) {
        if (thrown instanceof WASIExit) exit = thrown
        else if (!(thrown instanceof NotStarted)) throw thrown
      }
      if (!reached) this[kExitCode] = code
      throw exit
    }
  }

  /** What the option `listen` opened, in its order. node:wasi has no such option. */
  get listeners(): readonly Listener[] {
    return this.#guest.listeners
  }

  /**
   * The imports under the name of their module, for `new WebAssembly.Instance`. Neither record has
   * a prototype. Spread into an object of yours (`{ ...wasi.getImportObject(), env }`) it has one
   * again, from which a module can import `Object` and `Function`: use {@link instantiate}, or
   * begin that object with `__proto__: null`.
   */
  getImportObject(): Record<string, Record<string, Import>> {
    return dictionary([[this[kBindingName], this.wasiImport]])
  }

  /**
   * Instantiates a module with {@link wasiImport} and imports of yours, of which those of the same
   * name come first. It gets nothing that is not an own property of these. Bytes are compiled, and a
   * file is read, in this thread. node:wasi has no such method.
   * @param source the path of a module or its `file:` URL, its bytes, or a compiled one
   * @throws TypeError for wrong arguments; Error with the code of the host (`ENOENT`) for a file
   * that cannot be read; WebAssembly's CompileError; WebAssembly's LinkError,
   * with code `ERR_WASI_UNKNOWN_IMPORT`, `importModule`, `importName` and `importKind` where the
   * module imports what neither has
   */
  instantiate(source: GuestSource, imports: ImportRecord = {}): Instance {
    return instantiate(
      moduleOf(source),
      record('imports', imports),
      functions(this[kBindingName], this.wasiImport),
    )
  }

  /**
   * Say which instance the imports serve, without running it. The memory is its export of that
   * name, unless given.
   * @throws ERR_WASI_ALREADY_STARTED after a start that found its memory; ERR_INVALID_ARG_TYPE for
   * what is no instance or memory.
   */
  finalizeBindings(
    instance: object,
    {
      memory = (instance as { exports?: Exports } | undefined)?.exports?.memory,
    }: { memory?: unknown } = {},
  ): void {
    if (this[kStarted])
      throw coded(new Error('WASI instance has already started'), 'ERR_WASI_ALREADY_STARTED')
    checkObject('instance', instance)
    checkObject('instance.exports', instance.exports)
    checkMemory(memory)
    this[kSetMemory](memory)
    this[kInstance] = instance as unknown as { exports: Exports }
    this[kStarted] = true
  }

  /**
   * Runs a command: calls its `_start`. Returns its exit code.
   * @throws what ended the guest (an exception of your hooks, `ERR_WASI_HOSTCALL_LIMIT`), also
   * where its code caught that; a trap
   */
  start(instance: object): number {
    this.finalizeBindings(instance)
    const { _start, _initialize } = (this[kInstance] as { exports: Exports }).exports
    checkFunction('instance.exports._start', _start)
    if (_initialize !== undefined)
      throw wrongType('instance.exports._initialize', 'undefined', _initialize)
    try {
      this.#run(_start)
    } catch (thrown) {
      if (!(thrown instanceof WASIExit)) {
        this.#endOutputs(true)
        throw thrown
      }
      // An instance with the imports of another host has that host's exit.
      if (!this.#verdict.reached) this[kExitCode] = thrown.exitCode
    }
    this.#endOutputs()
    return this[kExitCode]
  }

  /** Resets colours, and hands over what the outputs have kept. Where the guest has failed, its own error counts. */
  #endOutputs(failed = false): void {
    this.#terminals.reset()
    for (const output of this.#outputs) {
      try {
        if (typeof output === 'object' && 'write' in output) output.end?.()
      } catch (error) {
        if (!failed) throw error
      }
    }
  }

  /**
   * Prepares a reactor: calls its `_initialize`, where it has one. Where a reactor calls proc_exit,
   * the export that was called throws a {@link WASIExit}, in place of the symbol of node:wasi;
   * {@link createGuest} has `run` for that.
   */
  initialize(instance: object): void {
    this.finalizeBindings(instance)
    const { _start, _initialize } = (this[kInstance] as { exports: Exports }).exports
    if (_start !== undefined) throw wrongType('instance.exports._start', 'undefined', _start)
    if (_initialize === undefined) return
    checkFunction('instance.exports._initialize', _initialize)
    this.#run(_initialize)
  }

  /** The first end counts, whatever the guest made of it. */
  // biome-ignore lint/complexity/noBannedTypes: any function will do
  #run(code: Function): void {
    try {
      code()
    } catch (thrown) {
      if (!this.#verdict.reached) throw thrown
    }
    if (this.#verdict.reached) throw this.#verdict.leave()
  }

  /**
   * The hostcalls that the guest has made until now, counted and timed. node:wasi has no such
   * method.
   * @throws Error with code `ERR_WASI_NO_METRICS` where `options.metrics` was not set.
   */
  metrics(): Metrics {
    return this.#guest.metrics()
  }

  /**
   * Close all that the guest has open, without waiting for it to be collected. node:wasi has no
   * such method.
   */
  close(): void {
    this.#guest.close()
  }

  /** Calls {@link WASI.close}, for `using`. node:wasi has no such method. */
  [Symbol.dispose](): void {
    this.close()
  }
}

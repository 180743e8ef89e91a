/** class WASI: the constructor and the methods of node:wasi over a guest. */
import { dictionary } from './dictionary.js'
import { coded, GuestExit, WASIExit } from './errors.js'
import type { ImportFunction } from './gate.js'
import { type Guest, guestOf } from './guest/guest.js'
import type { GuestSource, ImportRecord, WasmInstance } from './guest/instance.js'
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
 * A WASI host for one guest, with the constructor and the methods of node:wasi's class.
 *
 * @example
 * const wasi = new WASI({ version: 'preview1', preopens: { '/data': './data' } })
 * process.exitCode = wasi.start(wasi.instantiate('program.wasm'))
 * @see https://nodejs.org/api/wasi.html
 */
export class WASI {
  /**
   * A function for each hostcall, by name. The record has no prototype. You may replace functions
   * before the module is instantiated.
   */
  readonly wasiImport: Record<string, ImportFunction>
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

  /** @throws as {@link createGuest} does */
  constructor(options: WASIOptions = {} as WASIOptions) {
    let returnOnExit = true
    this.#verdict = new Verdict(ended => {
      if (!(ended instanceof GuestExit)) return ended
      if (!returnOnExit) {
        this.#endOutputs()
        process.exit(ended.exitCode)
      }
      this[kExitCode] = ended.exitCode
      return new WASIExit(ended.exitCode)
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
    const { proc_exit: leave } = this.wasiImport
    const proc_exit: ImportFunction = (code: number) => {
      const { reached } = this.#verdict
      let exit = new WASIExit(code)
      try {
        leave(code)
      } catch (thrown) {
        if (thrown instanceof WASIExit) exit = thrown
        else if (!(thrown instanceof NotStarted)) throw thrown
      }
      if (!reached) this[kExitCode] = code
      throw exit
    }
    this.wasiImport.proc_exit = proc_exit
  }

  /** The sockets that the option `listen` opened, in its order. Not in node:wasi. */
  get listeners(): readonly Listener[] {
    return this.#guest.listeners
  }

  /**
   * Returns {@link wasiImport} under its module's name, for `new WebAssembly.Instance`. Neither
   * record has a prototype. An object of yours (`{ ...wasi.getImportObject(), env }`) has one, from
   * which a module can import `Object` and `Function`: use {@link instantiate}, or begin that
   * object with `__proto__: null`.
   */
  getImportObject(): Record<string, Record<string, ImportFunction>> {
    return dictionary([[this[kBindingName], this.wasiImport]])
  }

  /**
   * Instantiates a module with {@link wasiImport} and imports of yours, which override those of the
   * same name. The module gets only own properties of these. Files are read, and bytes are
   * compiled, in this thread. Not in node:wasi.
   * @param source the path of a module, its `file:` URL, its bytes, or a compiled module
   * @throws TypeError for wrong arguments; Error with the code of the host (`ENOENT`) for a file
   * that cannot be read; WebAssembly.CompileError; WebAssembly.LinkError, with code
   * `ERR_WASI_UNKNOWN_IMPORT`, `importModule`, `importName` and `importKind` for an import that is
   * no own property of either
   */
  instantiate(source: GuestSource, imports: ImportRecord = {}): WasmInstance {
    return instantiate(
      moduleOf(source),
      record('imports', imports),
      functions(this[kBindingName], this.wasiImport),
    )
  }

  /**
   * Binds an instance without running it. Its memory is `memory`, or else its export of that name.
   * @throws Error with code `ERR_WASI_ALREADY_STARTED` if one was bound; TypeError for a value that
   * is no instance, or no memory
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
   * @throws a trap, or the first error that ended the guest, even if the guest caught it: an
   * exception of a function of yours, `ERR_WASI_HOSTCALL_LIMIT`
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

  /** Resets colours, and flushes outputs. An error of the guest takes precedence over theirs. */
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
   * Initializes a reactor: calls its `_initialize`, if it exports one. An export of it that calls
   * proc_exit later throws a {@link WASIExit}, where node:wasi throws a symbol.
   * @throws as {@link WASI.start} does
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
   * Returns the hostcalls until now, counted and timed. Not in node:wasi.
   * @throws Error with code `ERR_WASI_NO_METRICS` unless `options.metrics` was set
   */
  metrics(): Metrics {
    return this.#guest.metrics()
  }

  /**
   * Closes the guest's open files, without waiting for the garbage collector. Later hostcalls on
   * them return BADF. Not in node:wasi.
   */
  close(): void {
    this.#guest.close()
  }

  /** Calls {@link WASI.close}, for `using`. Not in node:wasi. */
  [Symbol.dispose](): void {
    this.close()
  }
}

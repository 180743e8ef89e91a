/**
 * Prepares a component for a run: its core modules get the limits of the run, and are compiled.
 */
import { coded } from '../../errors.js'
import { defaultElements } from '../module/cap.js'
import { Unreadable } from '../module/reader.js'
import type { ComponentProgram } from '../program.js'
import type { Terms } from '../settings.js'
import { type ComponentCall, callOf } from './invoke/call.js'
import { capAll } from './limits.js'
import { checkModuleNames, refusedComponent } from './names.js'
import { transpiled } from './transpile.js'
import type { Transpiled } from './transpiled.js'

export { unpack } from './transpiled.js'

/** A compiled core module. */
export interface PreparedCore {
  readonly name: string
  readonly module: WebAssembly.Module
  /** Its bytes, with the limits in them. */
  readonly bytes: Uint8Array
  /** Bytes by which the limits moved its code. */
  readonly moved: number
  /** The most instances for which the limits are. */
  readonly instances: number
}

type Limited = Pick<Terms, 'maxMemory' | 'maxTableElements'>

/** A component whose core modules are compiled, and cannot grow beyond the limits of its run. */
export class PreparedComponent {
  readonly transpiled: Transpiled
  readonly modules: readonly PreparedCore[]
  /** The component's bytes, which have the types of its functions. Undefined in a process. */
  readonly #bytes: Uint8Array | undefined

  private constructor(
    transpiled: Transpiled,
    modules: readonly PreparedCore[],
    bytes: Uint8Array | undefined,
  ) {
    this.transpiled = transpiled
    this.modules = modules
    this.#bytes = bytes
  }

  /**
   * Transpiles a component, and compiles its core modules in the background.
   * @param bytes which no other code changes
   * @throws as {@link transpiled} and {@link PreparedComponent.of} do
   */
  static async prepare(
    bytes: Uint8Array,
    terms: Limited & Pick<Terms, 'cache'>,
    ended?: AbortSignal,
  ): Promise<PreparedComponent> {
    return PreparedComponent.of(await transpiled(bytes, terms.cache, ended), terms, bytes)
  }

  /**
   * Compiles the core modules of a transpiled component.
   * @throws RangeError with code `ERR_WASI_MEMORY_LIMIT`; Error with code `ERR_WASI_COMPONENT` for
   * names that JavaScript would read as something else
   */
  static async of(
    component: Transpiled,
    { maxMemory, maxTableElements = defaultElements }: Limited,
    bytes?: Uint8Array,
  ): Promise<PreparedComponent> {
    const counted = component.modules.map(({ name, bytes }) => ({
      bytes,
      instances: instancesOf(component.code, name),
    }))
    const capped = tryCap(counted, maxMemory, maxTableElements)
    const modules = await Promise.all(
      component.modules.map(async ({ name, bytes }, i) => {
        const module = await WebAssembly.compile(capped[i] as Uint8Array<ArrayBuffer>)
        checkModuleNames(module)
        const moved = capped[i].length - bytes.length
        return { name, module, bytes: capped[i], moved, instances: counted[i].instances }
      }),
    )
    return new PreparedComponent(component, modules, bytes)
  }

  /**
   * The call of a text.
   * @throws Error with code `ERR_WASI_INVOKE`
   */
  callOf(text: string): ComponentCall {
    return callOf(text, this.#bytes as Uint8Array)
  }

  /**
   * Its form in the thread of its guest.
   * @param isCommand false for an instance, whose functions are called
   * @param invoked a call in place of the command's
   * @throws Error with code `ERR_WASI_NO_START`, `ERR_WASI_COMPONENT`
   */
  program(isCommand: boolean, invoked?: ComponentCall): ComponentProgram {
    if (!isCommand)
      throw refusedComponent(
        'instantiate() is for modules: run() runs a component, and createComponentHost() of ' +
          'wasi-common/preview2 embeds it',
      )
    const { code, imports } = this.transpiled
    return {
      code,
      imports,
      call: invoked ?? {
        interface: commandOf(this.transpiled),
        name: 'run',
        args: [],
        result: undefined,
      },
      invoked: invoked !== undefined,
      modules: this.modules.map(({ bytes: _, ...core }) => core),
    }
  }
}

function tryCap(...args: Parameters<typeof capAll>): Uint8Array[] {
  try {
    return capAll(...args)
  } catch (cause) {
    if (!(cause instanceof Unreadable)) throw cause
    const message = `cannot set the limits of the component's memories and tables: ${cause.message}`
    throw coded(new RangeError(message, { cause }), 'ERR_WASI_MEMORY_LIMIT')
  }
}

/**
 * The instances that the JavaScript makes of a core module, as far as its text shows. Making more of
 * them fails, so that this need not be right for the limits to hold.
 */
function instancesOf(code: string, name: string): number {
  const variable = new RegExp(
    `\\b(module\\d+) = [^\\n;]*getCoreModule\\('${name.replace(/[^\w]/g, '\\$&')}'\\)`,
  ).exec(code)?.[1]
  if (variable === undefined) return 1
  const uses = code.match(new RegExp(`\\binstantiateCore\\((?:yield )?${variable}\\b`, 'g'))
  return Math.max(uses?.length ?? 1, 1)
}

/** The export by which a component is a command. */
const command = /^wasi:cli\/run@0\.2\.\d+$/

/**
 * The name of the interface that a component's run begins at.
 * @throws Error with code `ERR_WASI_NO_START`
 */
export function commandOf({ exports }: Transpiled): string {
  const name = exports.find(name => command.test(name))
  if (name !== undefined) return name
  const other = exports.find(name => name.startsWith('wasi:cli/run@'))
  if (other !== undefined)
    throw refusedComponent(`the component exports ${other}: this host runs wasi:cli/run@0.2`)
  const message =
    'the component exports no interface wasi:cli/run, so it is not a command' +
    (exports.length === 0 ? '' : `: it exports ${exports.slice(0, 20).join(', ')}`)
  throw coded(new Error(message), 'ERR_WASI_NO_START')
}

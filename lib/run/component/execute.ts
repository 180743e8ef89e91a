/** Instantiates a component in a thread of its guest, and runs it. */
import { join } from 'node:path'
import { Script } from 'node:vm'
import { coded, isStackOverflow, uncaught } from '../../errors.js'
import { instantiate, record } from '../../guest/instantiate.js'
import type { ComponentHost } from '../../preview2/host.js'
import { root } from '../../sys/root.js'
import type { Verdict } from '../../verdict.js'
import type { ComponentProgram } from '../program.js'
import { importsFor } from './imports.js'
import { printed } from './invoke/print.js'
import type { WitType } from './invoke/wit-type.js'

export { componentHostOf } from '../../preview2/host.js'

/** The name of the script in stacks, which leave out what is in this folder. */
const filename = join(root, 'dist', 'component.js')

/** The exports of a component, by name: a function, or an interface with functions. */
type Exports = Readonly<Record<string, unknown>>

type Functions = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

/** The function that jco writes. With synchronous bindings it returns the exports themselves. */
type Instantiate = (
  core: (name: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
  instantiateCore: (module: WebAssembly.Module, imports?: object) => WebAssembly.Instance,
) => Exports

/**
 * Runs a command, or calls a function, to its end. Returns the exit code.
 * @throws a trap; what ended the guest; Error with code `ERR_WASI_COMPONENT` for an import that the
 * host lacks
 */
export function runComponent(
  program: ComponentProgram,
  host: ComponentHost,
  verdict: Verdict,
): number {
  let failed = false
  const code = host.run(() => {
    const { interface: from, name, args, result } = program.call
    const exports = instantiateComponent(program, host)
    const functions = (from === undefined ? exports : exports[from]) as Functions
    try {
      const value = functions[name](...args)
      if (program.invoked && result !== undefined) writeLine(host, lineOf(value, result))
    } catch (thrown) {
      if (!isResult(thrown)) throw trapped(thrown)
      failed = true
      if (program.invoked && result !== undefined)
        writeLine(host, printed({ tag: 'err', val: thrown.payload }, result))
    }
  })
  // A component that has called exit has its code, whatever it returned then.
  return failed && !verdict.reached ? 1 : code
}

/** Instantiates the core modules, whose start functions run. */
export function instantiateComponent(
  { code, modules, imports }: ComponentProgram,
  host: ComponentHost,
): Exports {
  const start = new Script(code, { filename }).runInThisContext() as Instantiate
  const byName = new Map(modules.map(each => [each.name, each]))
  const left = new Map(modules.map(({ module, instances }) => [module, instances]))
  return start(
    name => {
      const core = byName.get(name)
      if (core === undefined) throw new Error(`the component has no core module ${name}`)
      return core.module
    },
    importsFor(host.imports, imports),
    (module, given = Object.create(null)) => {
      const more = left.get(module) ?? 0
      if (more === 0) throw tooMany()
      left.set(module, more - 1)
      return instantiate(module, record('imports', given))
    },
  )
}

/** The result of a call: jco returns the value of an ok result alone. */
const lineOf = (value: unknown, type: WitType): string =>
  printed(type.kind === 'result' ? { tag: 'ok', val: value } : value, type)

/** The bytes that one write of WASI 0.2 may have. */
const mostWritten = 4096

interface Output {
  blockingWriteAndFlush(bytes: Uint8Array): void
}

/** Writes a line where the guest's own output goes, with the same limits. */
function writeLine(host: ComponentHost, line: string): void {
  const { getStdout } = host.imports['wasi:cli/stdout'] as unknown as { getStdout(): Output }
  const stdout = getStdout()
  const bytes = Buffer.from(`${line}\n`)
  try {
    for (let at = 0; at < bytes.length; at += mostWritten)
      stdout.blockingWriteAndFlush(bytes.subarray(at, at + mostWritten))
  } catch (thrown) {
    // A stream error of WASI: the reader has gone, or the output has its largest size.
    if (thrown === null || typeof thrown !== 'object' || !('tag' in thrown)) throw thrown
  }
}

const tooMany = (): Error =>
  coded(
    new RangeError('the component makes more instances of a core module than its limits are for'),
    'ERR_WASI_MEMORY_LIMIT',
  )

/** Recognizes the error result of an exported function, which jco throws. */
const isResult = (thrown: unknown): thrown is { readonly payload: unknown } =>
  thrown instanceof Error &&
  thrown.constructor.name === 'ComponentError' &&
  Object.hasOwn(thrown, 'payload')

/**
 * An error of the generated JavaScript, which checks what the guest passes, is a trap. Those of the
 * host have a code, and those of WebAssembly a class.
 */
function trapped(thrown: unknown): unknown {
  const error = uncaught(thrown)
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined || error instanceof WebAssembly.RuntimeError || isStackOverflow(error))
    return thrown
  return coded(error, 'ERR_WASI_TRAP')
}

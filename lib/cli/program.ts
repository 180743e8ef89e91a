/** A program's file, and why it cannot be run here. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs'
import { namespace, namespace0 } from '../abi/namespaces.js'
import { type HostcallName, table } from '../abi/table.js'
import { table0 } from '../abi/unstable.js'
import { isComponent, preambleBytes } from '../guest/preamble.js'
import { hintFor } from '../guest/source-file.js'
import { isThreads, unknownImport } from '../guest/unknown-import.js'
import { versionOf } from '../run/module/inspect.js'
import { capsOf, PreparedModule } from '../run/module/prepare.js'
import { CommandError } from './error.js'
import type { RunRequest } from './options.js'

/** A program that was compiled. */
export interface Program {
  readonly module: WebAssembly.Module
  /** The path of its file. */
  readonly path: string
  /** The bytes of its file. */
  readonly bytes: Uint8Array
  /** Bytes by which the limits that were written into the module moved its code. */
  readonly moved: number
}

/** Compiles a program in this thread, with its limits. */
export function compile(
  { program, run: { threads, maxMemory, maxTableElements } }: RunRequest,
  bytes: Uint8Array,
): Program {
  try {
    const { module, moved } = PreparedModule.prepareSync(
      bytes,
      capsOf({ maxMemory, maxTableElements, threads }),
    )
    checkImports(module, versionOf(module), threads > 0)
    return { module, path: program, bytes, moved }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw code === 'ERR_WASI_MEMORY_LIMIT'
      ? new CommandError(message)
      : unrunnable(error, program, bytes)
  }
}

/** An error of the compiler or the linker, in the command's words. Any other is as it was. */
export function unrunnable(error: unknown, program: string, bytes: Uint8Array): unknown {
  if (error instanceof WebAssembly.CompileError)
    return new CommandError(
      `${nameOf(program)} is not a WebAssembly module: ${error.message}`,
      hintFor(bytes),
    )
  return error instanceof WebAssembly.LinkError ? unlinkable(error) : error
}

/** An error of the linker. That for an import that is not offered is as the API has it. */
export const unlinkable = (error: WebAssembly.LinkError): CommandError =>
  new CommandError(
    (error as NodeJS.ErrnoException).code === 'ERR_WASI_UNKNOWN_IMPORT'
      ? error.message
      : `the module cannot be linked: ${error.message}`,
  )

/** The name of a program in messages: `-` is standard input. */
const nameOf = (program: string): string => (program === '-' ? 'standard input' : program)

/** A program's bytes: `-` is standard input. */
export function read({ program, bytes }: Pick<RunRequest, 'program' | 'bytes'>): Uint8Array {
  try {
    return bytes ?? readFileSync(program === '-' ? 0 : program)
  } catch (error) {
    throw new CommandError(`cannot read ${nameOf(program)}: ${(error as Error).message}`)
  }
}

/** Says if a program is in a regular file, which can be read again. */
export function isFile(program: string): boolean {
  try {
    return program !== '-' && statSync(program).isFile()
  } catch {
    return false
  }
}

/** Says if a program is a component, by its first bytes. False for a file that cannot be read. */
export function hasComponent({ program, bytes }: RunRequest): boolean {
  if (bytes !== undefined) return isComponent(bytes)
  let fd: number | undefined
  try {
    fd = openSync(program, constants.O_RDONLY)
    const head = new Uint8Array(preambleBytes)
    return readSync(fd, head) === head.length && isComponent(head)
  } catch {
    return false
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** The longest source map that is read, in bytes. */
const longestMap = 2 ** 25

/**
 * The source map beside a program: its path, and `.map`. The name that the module has for it counts
 * for nothing: that could be any file's.
 */
export function sourceMapOf(program: string): string | undefined {
  if (program === '-') return undefined
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  let fd: number | undefined
  try {
    fd = openSync(`${program}.map`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const stats = fstatSync(fd)
    return stats.isFile() && stats.size <= longestMap ? readFileSync(fd, 'utf8') : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/**
 * Refuse a program that wants what it will not find. With threads it finds a memory and a way to
 * have more of them.
 */
export function checkImports(
  module: WebAssembly.Module,
  version: 'preview1' | 'unstable',
  threads: boolean,
): void {
  const offered = version === 'unstable' ? namespace0 : namespace
  const calls = version === 'unstable' ? table0 : table
  const all = WebAssembly.Module.imports(module)
  for (const wanted of all) {
    const { module: from, name, kind } = wanted
    if (from === offered && kind === 'function' && Object.hasOwn(calls, name as HostcallName))
      continue
    if (threads && isThreads(wanted)) continue
    throw new CommandError(unknownImport(wanted, all).message)
  }
}

/** `wasi-common run`: a module from a file, a guest for it, its exit code. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { namespace } from '../abi/table.js'
import { namespace0 } from '../abi/table0.js'
import { createGuest, type Guest } from '../guest.js'
import { CommandError, type RunRequest } from './options.js'
import { say } from './say.js'

const STDERR = 2

/** Run the guest to its end. The exit code. */
export function run(request: RunRequest): number {
  const module = compile(request.program)
  const trace = tracer(request.trace)
  const guest = open(request, versionOf(module), trace?.write)
  try {
    const instance = instantiate(module, guest)
    return finish(request, instance, guest)
  } finally {
    guest.close()
    trace?.end()
  }
}

function compile(program: string): WebAssembly.Module {
  const bytes = read(program)
  try {
    return new WebAssembly.Module(bytes)
  } catch (error) {
    throw new CommandError(`${program} is not a WebAssembly module: ${(error as Error).message}`, hintFor(bytes))
  }
}

function read(program: string): Uint8Array {
  try {
    return readFileSync(program === '-' ? 0 : program)
  } catch (error) {
    throw new CommandError(`cannot read ${program}: ${(error as Error).message}`)
  }
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, i) => bytes[i] === byte)

/** What a file looks like that is no module. */
function hintFor(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'the file is empty'
  if (startsWith(bytes, [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]))
    return 'this is a component (preview 2); only core modules of preview 1 run here'
  const start = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart()
  if (start.startsWith('(') || start.startsWith(';;')) return 'this looks like WebAssembly text: wat2wasm of wabt makes a module of it'
  return undefined
}

function versionOf(module: WebAssembly.Module): 'preview1' | 'unstable' {
  const modules = new Set(WebAssembly.Module.imports(module).map(({ module }) => module))
  return modules.has(namespace0) && !modules.has(namespace) ? 'unstable' : 'preview1'
}

function open(request: RunRequest, version: 'preview1' | 'unstable', trace: ((line: string) => void) | undefined): Guest {
  const { args, env, preopens, backend } = request
  try {
    return createGuest({ version, args, env, preopens, backend, ...(trace === undefined ? {} : { trace }) })
  } catch (error) {
    // The message begins with words for programs.
    throw new CommandError((error as Error).message.replace(/^UVWASI_\w+, uvwasi_init: /, ''))
  }
}

function instantiate(module: WebAssembly.Module, guest: Guest): WebAssembly.Instance {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === guest.namespace && Object.hasOwn(guest.imports, name)) continue
    throw new CommandError(
      `the program imports ${from}.${name} (a ${kind}), which this host does not have`,
      whyMissing(guest, from, name, kind),
    )
  }
  try {
    return new WebAssembly.Instance(module, { [guest.namespace]: guest.imports })
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) throw new CommandError(`the program cannot be linked: ${error.message}`)
    throw trap(error)
  }
}

function whyMissing(guest: Guest, from: string, name: string, kind: string): string | undefined {
  if (kind === 'memory') return 'it wants a memory made by its embedder, as programs with threads do'
  if (from === 'napi' || from === 'emnapi') return 'it is a Node-API binding, to be loaded by its own JavaScript'
  if (from !== guest.namespace && (from === namespace || from === namespace0)) return `it mixes ${namespace} and ${namespace0}`
  return from === 'env' ? `it was built to be given ${name} by its own JavaScript` : undefined
}

/** Call what was asked for. */
function finish({ program, invoke, args }: RunRequest, instance: WebAssembly.Instance, guest: Guest): number {
  const { exports } = instance
  const { memory, _start, _initialize } = exports
  if (memory instanceof WebAssembly.Memory) guest.bind(memory)
  else throw new CommandError(`${program} exports no memory`, 'a WASI program exports its memory under that name')
  const call = (code: () => unknown): number => {
    try {
      return guest.run(code)
    } catch (error) {
      throw trap(error)
    }
  }
  if (invoke !== undefined) return call(() => print(invoked(exports, invoke, args.slice(1))))
  if (typeof _start === 'function') return call(() => _start())
  if (typeof _initialize !== 'function')
    throw new CommandError(`${program} exports no _start`, `--invoke calls one of: ${functions(exports)}`)
  throw new CommandError(
    `${program} is a library (a reactor), which does nothing by itself`,
    `--invoke calls one of: ${functions(exports)}`,
  )
}

const functions = (exports: Record<string, unknown>): string =>
  Object.keys(exports)
    .filter(name => typeof exports[name] === 'function')
    .slice(0, 20)
    .join(', ')

/** WebAssembly makes numbers of these words itself: of each, that it is a number is checked first. */
function invoked(exports: Record<string, unknown>, name: string, args: readonly string[]): unknown {
  const { [name]: target, _initialize } = exports
  if (typeof target !== 'function') throw new CommandError(`the program exports no function ${name}`, `it exports: ${functions(exports)}`)
  for (const arg of args)
    if (arg.trim() === '' || Number.isNaN(Number(arg))) throw new CommandError(`--invoke ${name}: ${arg} is no number`)
  if (args.length !== target.length)
    throw new CommandError(`--invoke ${name}: it takes ${target.length} arguments, ${args.length} were given`)
  if (typeof _initialize === 'function') _initialize()
  return target(...args)
}

function print(result: unknown): void {
  const values = Array.isArray(result) ? result : result === undefined ? [] : [result]
  for (const value of values) say(`${value}\n`)
}

/** What ended the guest against its will: a message, and of a trap the guest's own frames. */
function trap(error: unknown): Error {
  if (error instanceof CommandError || !(error instanceof Error)) return error as Error
  if ((error as NodeJS.ErrnoException).code === 'ERR_WASI_NOT_STARTED') {
    return new CommandError('the program makes a hostcall while it is instantiated, before its memory is known')
  }
  const frames = (error.stack ?? '').split('\n').filter(line => line.includes('wasm'))
  const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError
  return new CommandError([`the guest ${trapped ? 'trapped' : 'failed'}: ${error.message}`, ...frames].join('\n'))
}

/** Lines are written as they come: what a guest did last before it hung or died is what one looks for. */
function tracer(target: string | undefined): { write(line: string): void; end(): void } | undefined {
  if (target === undefined) return undefined
  let fd = STDERR
  try {
    if (target !== '-') fd = openSync(target, 'w')
  } catch (error) {
    throw new CommandError(`cannot write the trace: ${(error as Error).message}`)
  }
  return {
    write: line => void writeSync(fd, `${line}\n`),
    end: () => {
      if (fd !== STDERR) closeSync(fd)
    },
  }
}

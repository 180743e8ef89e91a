/** Runs the guest of the command in the thread that calls, with the stack that this has. */

import { type Guest, guestOf } from '../guest/guest.js'
import type { WasmInstance } from '../guest/instance.js'
import { settingsOf } from '../options/settings.js'
import { versionOf } from '../run/module/inspect.js'
import { keepFrames } from '../trap/load.js'
import { CommandError } from './error.js'
import { refused, trap } from './failure.js'
import { tellCalls, tellPorts } from './notes.js'
import type { RunRequest } from './options.js'
import { say } from './print.js'
import { compile, type Program, read, unlinkable } from './program.js'
import { type Tracer, tracer } from './tracer.js'

/** Runs it to its end. The exit code. */
export function runHere(request: RunRequest): number {
  keepFrames()
  const program = compile(request, read(request))
  const trace = request.trace === undefined ? undefined : tracer(request)
  try {
    return runProgram(request, program, trace)
  } finally {
    trace?.end()
  }
}

function runProgram(request: RunRequest, program: Program, trace: Tracer | undefined): number {
  const guest = open(request, versionOf(program.module), trace)
  try {
    return finish(request, program, instantiate(program, guest), guest)
  } finally {
    if (request.guest.metrics) tellCalls(guest.metrics())
    guest.close()
  }
}

function open(
  request: RunRequest,
  version: 'preview1' | 'unstable',
  trace: Tracer | undefined,
): Guest {
  try {
    const settings = settingsOf({ version, ...request.guest, trace: trace?.write })
    const guest = guestOf({ ...settings, openLine: trace?.openLine })
    tellPorts(request.guest.listen, guest.listeners)
    return guest
  } catch (error) {
    throw refused(error as Error)
  }
}

function instantiate(program: Program, guest: Guest): WasmInstance {
  try {
    return guest.instantiate(program.module)
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) throw unlinkable(error)
    throw trap(error, program)
  }
}

/** Call what was asked for. */
function finish(
  { program: path, invoke, guest: { args } }: RunRequest,
  program: Program,
  { exports }: WasmInstance,
  guest: Guest,
): number {
  const { memory, _start, _initialize } = exports
  if (!(memory instanceof WebAssembly.Memory))
    throw new CommandError(
      `${path}: the module exports no memory`,
      'a WASI program exports its memory as "memory"',
    )
  const call = (code: () => unknown): number => {
    try {
      return guest.run(code)
    } catch (error) {
      throw trap(error, program)
    }
  }
  if (invoke !== undefined) return call(() => print(invoked(exports, invoke, args.slice(1))))
  if (typeof _start === 'function') return call(() => _start())
  if (typeof _initialize !== 'function')
    throw new CommandError(
      `${path}: the module exports no function _start, so it is not a command`,
      `--invoke calls one of: ${functions(exports)}`,
    )
  throw new CommandError(
    `${path}: the module is a library (a reactor), which has no _start to run`,
    `--invoke calls one of: ${functions(exports)}`,
  )
}

const functions = (exports: Record<string, unknown>): string =>
  Object.keys(exports)
    .filter(name => typeof exports[name] === 'function')
    .slice(0, 20)
    .join(', ')

/**
 * WebAssembly makes numbers of these words itself: of each, that it is a number is checked first.
 */
function invoked(exports: Record<string, unknown>, name: string, args: readonly string[]): unknown {
  const { [name]: target, _initialize } = exports
  if (typeof target !== 'function')
    throw new CommandError(
      `--invoke ${name}: the module exports no such function`,
      `it exports: ${functions(exports)}`,
    )
  for (const arg of args)
    if (arg.trim() === '' || Number.isNaN(Number(arg)))
      throw new CommandError(`--invoke ${name}: expected numbers as arguments, received '${arg}'`)
  if (args.length !== target.length)
    throw new CommandError(
      `--invoke ${name}: expected ${target.length} arguments, received ${args.length}`,
    )
  if (typeof _initialize === 'function') _initialize()
  return target(...args)
}

function print(result: unknown): void {
  const values = Array.isArray(result) ? result : result === undefined ? [] : [result]
  for (const value of values) say(`${value}\n`)
}

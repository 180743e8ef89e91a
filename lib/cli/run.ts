/** `wasi-common run`: a module from a file, a guest for it, its exit code. */
import { uncaught } from '../errors.js'
import type { Instance } from '../guest/instance.js'
import { createGuest, type Guest } from '../guest.js'
import { addressed, type Listener } from '../listen.js'
import { type Metrics, metricsOf, newCounts } from '../metrics.js'
import { versionOf } from '../run/module.js'
import type { RunOptions } from '../run/options.js'
import { CommandError } from './error.js'
import type { RunRequest } from './options.js'
import { checkImports, compile, read, unrunnable } from './program.js'
import { limited, note, STDERR, STDOUT, say, waitAtMost } from './say.js'
import { summary } from './summary.js'
import { type Tracer, tracer } from './tracer.js'

/** Run the guest to its end. The exit code. */
export async function run(request: RunRequest): Promise<number> {
  const bytes = read(request.program)
  // Elsewhere it is compiled under the run's time: in its own process, or in the background.
  const module = request.isolation === 'process' || inWorkers(request) ? undefined : compile(request, bytes)
  const trace = tracer(request.trace)
  try {
    if (module !== undefined) return runHere(request, module, trace)
    const start = request.isolation === 'process' ? runApart : runInWorkers
    return await apart(request, trace, options => start(request, bytes, options))
  } finally {
    trace?.end()
  }
}

/** What can be ended, or counted, from outside is in workers. */
const inWorkers = ({ threads, timeout, maxMemory, maxOutput }: RunRequest): boolean =>
  threads > 0 || timeout !== undefined || maxMemory !== undefined || maxOutput !== undefined

/** In this thread, which is the quickest. */
function runHere(request: RunRequest, module: WebAssembly.Module, trace: Tracer | undefined): number {
  const guest = open(request, versionOf(module), trace?.write)
  try {
    return finish(request, instantiate(module, guest), guest)
  } finally {
    if (request.summary) tellCalls(guest.metrics())
    guest.close()
  }
}

/** What timeout(1) exits with, and a shell for a command that Ctrl-C ended. */
const TIMED_OUT = 124
const INTERRUPTED = 130
/** The time that the command's own words may wait for their reader when that of the guest is over, in milliseconds. */
const grace = 500

/** Where it can be ended by Ctrl-C, and when its time is over: not in this thread. */
async function apart(request: RunRequest, trace: Tracer | undefined, start: (options: RunOptions) => Promise<number>): Promise<number> {
  const { args, env, preopens, listen, backend, rights, sandbox, threads, timeout, maxMemory, maxTableElements, maxOutput } = request
  const { traceStyle, replay } = request
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  if (timeout !== undefined) waitAtMost(timeout + grace)
  try {
    return await start({
      stdin: 0,
      stdout: maxOutput === undefined ? STDOUT : limited(STDOUT, maxOutput),
      stderr: maxOutput === undefined ? STDERR : limited(STDERR, maxOutput),
      signal: interrupted.signal,
      timeout,
      maxMemory,
      maxTableElements,
      args,
      env,
      preopens,
      listen,
      backend,
      rights,
      ...sandbox,
      threads,
      ...traceStyle,
      ...replay,
      onListening: listeners => tellPorts(listen, listeners),
      ...(trace && { trace: trace.write }),
    })
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED
    if (!(error instanceof Error && 'code' in error) || error instanceof CommandError) throw trap(error)
    if (error.code === 'ERR_WASI_TIMEOUT') {
      note(error.message)
      return TIMED_OUT
    }
    // What goes wrong before the guest begins has a code.
    throw error.code === 'ERR_WASI_NOT_STARTED' ? trap(error) : refused(error)
  }
}

/** In workers, as many as it asks for. */
async function runInWorkers(request: RunRequest, bytes: Uint8Array, options: RunOptions): Promise<number> {
  const counts = request.summary ? newCounts() : undefined
  const { runModule } = await import('../run/command.js')
  const check = (module: WebAssembly.Module): void => checkImports(module, versionOf(module), request.threads > 0)
  try {
    const { exitCode } = await runModule(bytes, options, { counts, check })
    return exitCode
  } catch (error) {
    throw unrunnable(error, request.program, bytes)
  } finally {
    if (counts !== undefined) tellCalls(metricsOf(counts))
  }
}

/** In a process in the OS sandbox. With `--wall best-effort` the parts that this kernel lacks are named in warnings. */
async function runApart(
  { isolation, wall: wanted, program, summary: metrics }: RunRequest,
  bytes: Uint8Array,
  options: RunOptions,
): Promise<number> {
  const { runInProcess } = await import('../run/walled.js')
  try {
    const { exitCode, wall, metrics: told = {} } = await runInProcess(bytes, { ...options, isolation, wall: wanted, metrics })
    if (!wall?.landlock) note('this kernel has no Landlock: files were kept from the program by the sandbox alone')
    if (!wall?.seccomp) note('this kernel has no seccomp filters: system calls were not kept from the program')
    tellCalls(told)
    return exitCode
  } catch (error) {
    throw unrunnable(error, program, bytes)
  }
}

/** A program that made no hostcalls, or did not begin, has no table. */
function tellCalls(metrics: Metrics): void {
  if (Object.keys(metrics).length > 0) say(summary(metrics), STDERR)
}

function open(request: RunRequest, version: 'preview1' | 'unstable', trace: ((line: string) => void) | undefined): Guest {
  const { args, env, preopens, listen, backend, rights, sandbox, traceStyle, summary: metrics, replay } = request
  try {
    const guest = createGuest({
      version,
      args,
      env,
      preopens,
      listen,
      backend,
      rights,
      ...sandbox,
      trace,
      ...traceStyle,
      metrics,
      ...replay,
    })
    tellPorts(listen, guest.listeners)
    return guest
  } catch (error) {
    throw refused(error as Error)
  }
}

/** Whoever asked for any port that is free wants to know which it was. */
function tellPorts(listen: readonly string[], listeners: readonly Listener[]): void {
  for (const [i, listener] of listeners.entries()) if (/:0+$/.test(listen[i])) note(`listening on ${addressed(listener)}`)
}

const hints = new Map([
  ['ERR_WASI_UNSAFE_PREOPEN', '--allow-unsafe-preopen gives it all the same'],
  ['ERR_WASI_PUBLIC_LISTEN', '--allow-public-listen does so all the same'],
])

/** What was refused before the guest began: the message, which may begin with words for programs, and what to do. */
function refused(error: Error): CommandError {
  const { code = '' } = error as NodeJS.ErrnoException
  return new CommandError(error.message.replace(/^UVWASI_\w+, uvwasi_init: /, ''), hints.get(code))
}

function instantiate(module: WebAssembly.Module, guest: Guest): Instance {
  try {
    return guest.instantiate(module)
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) throw new CommandError(`the program cannot be linked: ${error.message}`)
    throw trap(error)
  }
}

/** Call what was asked for. */
function finish({ program, invoke, args }: RunRequest, { exports }: Instance, guest: Guest): number {
  const { memory, _start, _initialize } = exports
  if (!(memory instanceof WebAssembly.Memory))
    throw new CommandError(`${program} exports no memory`, 'a WASI program exports its memory under that name')
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
function trap(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown
  const error = uncaught(thrown)
  if ((error as NodeJS.ErrnoException).code === 'ERR_WASI_NOT_STARTED') {
    return new CommandError('the program makes a hostcall while it is instantiated, before its memory is known')
  }
  const frames = (error.stack ?? '').split('\n').filter(line => line.includes('wasm'))
  const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError
  const threw = error.message.startsWith('the guest threw ')
  const message = threw ? error.message : `the guest ${trapped ? 'trapped' : 'failed'}: ${error.message}`
  return new CommandError([message, ...frames].join('\n'))
}

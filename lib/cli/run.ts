/** `wasi-common run`: chooses the thread or process of the guest, and returns its exit code. */
import { isComponent } from '../guest/preamble.js'
import { metricsOf, newCounts } from '../observe/metrics.js'
import { type OpenLine, outputsOf, PendingWrites } from '../observe/unterminated.js'
import { versionOf } from '../run/module/inspect.js'
import type { AnyRunOptions } from '../run/options.js'
import { CommandError } from './error.js'
import { INTERRUPTED, TIMED_OUT, USAGE } from './exit-codes.js'
import { original, refused, trap } from './failure.js'
import { tellCalls, tellPorts } from './notes.js'
import type { RunRequest } from './options.js'
import { limited, note, STDERR, STDOUT, waitAtMost } from './print.js'
import { checkImports, hasComponent, isFile, read, unrunnable } from './program.js'
import { enlargeStack, hasStack } from './stack.js'
import { runInThread } from './start-thread.js'
import { type Tracer, tracer } from './tracer.js'

/** Run the guest to its end. The exit code. */
export async function run(words: RunRequest): Promise<number> {
  if (typeof WebAssembly === 'undefined')
    throw new CommandError('this process has no WebAssembly', 'start node without --jitless')
  // Standard input and pipes can be read only once.
  const request = isFile(words.program) ? words : { ...words, bytes: read(words) }
  const component = hasComponent(request)
  if (request.invoke !== undefined) (component ? checkCall : checkInvoke)(request)
  const inProcess = request.run.isolation === 'process'
  if (!inProcess && !inWorkers(request) && !component) {
    const { runHere } = await import('./run-here.js')
    if (hasStack(request)) return runHere(request)
    if (process.platform !== 'linux') return runInThread(request)
    const bytes = read(request)
    return enlargeStack(request, bytes) ? runHere({ ...request, bytes }) : runInThread(request)
  }
  const bytes = read(request)
  const trace = request.trace === undefined ? undefined : tracer(request)
  try {
    const start = inProcess ? runApart : runInWorkers
    return await apart(request, bytes, trace, (options, openLine) =>
      start(request, bytes, options, openLine),
    )
  } finally {
    trace?.end()
  }
}

/** Refuses options of a run with `--invoke` of a module, which is called in this thread. */
function checkInvoke({ run: { threads, isolation, timeout, maxMemory } }: RunRequest): void {
  const refuse = (flags: string): never => {
    const message = `--invoke cannot be combined with ${flags} _start alone`
    throw new CommandError(message, undefined, USAGE)
  }
  if (isolation === 'process') refuse('--isolation process, which runs')
  if (threads > 0) refuse('--threads, which runs')
  if ((timeout ?? maxMemory) !== undefined) refuse('-W timeout or -W max-memory-size, which run')
}

/** Refuses an `--invoke` of a component that has no name. */
function checkCall({ invoke = '' }: RunRequest): void {
  if (/^\s*[^\s(]/.test(invoke)) return
  const message = `--invoke '${invoke}': expected a call, as 'name(1, "two")'`
  throw new CommandError(message, undefined, USAGE)
}

/** Says if the guest needs a worker: one that can be ended, or counted, from outside. */
const inWorkers = ({ run: { threads, timeout, maxMemory, maxOutput } }: RunRequest): boolean =>
  threads > 0 || timeout !== undefined || maxMemory !== undefined || maxOutput !== undefined

/**
 * The time that the command's own words may wait for their reader when that of the guest is over,
 * in milliseconds.
 */
const grace = 500

/** Runs the guest outside this thread, which ends it by Ctrl-C and when its time is over. */
async function apart(
  request: RunRequest,
  bytes: Uint8Array,
  trace: Tracer | undefined,
  start: (options: AnyRunOptions, openLine: OpenLine | undefined) => Promise<number>,
): Promise<number> {
  const { maxOutput, ...run } = request.run
  // The frames of a component are in its core modules, which its bytes and a source map do not name.
  const program = isComponent(bytes) ? undefined : { bytes, path: request.program }
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  if (run.timeout !== undefined) waitAtMost(run.timeout + grace)
  const pending = trace && new PendingWrites(trace.openLine)
  const shared = trace === undefined ? [] : outputsOf(trace.openLine)
  const output = (fd: number): AnyRunOptions['stdout'] =>
    maxOutput === undefined
      ? fd
      : limited(fd, maxOutput, () => (shared.includes(fd) ? pending?.begin() : undefined))
  try {
    const options: AnyRunOptions = {
      ...request.guest,
      ...run,
      ...(program === undefined && { invoke: request.invoke }),
      stdin: 0,
      stdout: output(STDOUT),
      stderr: output(STDERR),
      signal: interrupted.signal,
      onListening: listeners => tellPorts(request.guest.listen, listeners),
      ...(trace && { trace: trace.write }),
    }
    // Output of a limited size is written by this thread, which knows its end by itself.
    return await start(options, maxOutput === undefined ? trace?.openLine : undefined)
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED
    if (!(error instanceof Error && 'code' in error) || error instanceof CommandError)
      throw trap(error, program)
    if (error.code === 'ERR_WASI_TIMEOUT') {
      note(error.message)
      return TIMED_OUT
    }
    if (error.code === 'ERR_WASI_INVOKE')
      throw new CommandError(`--${error.message}`, undefined, USAGE)
    // An error from before the guest begins has a code.
    throw error.code === 'ERR_WASI_NOT_STARTED' || error.code === 'ERR_WASI_TRAP'
      ? trap(error, program)
      : refused(error)
  } finally {
    // The limit may have cut a sequence, and nothing is written behind it.
    if (maxOutput !== undefined && request.guest.strict && !request.guest.allowTerminalEscapes) {
      const { resetTerminals } = await import('../run/stdio/reset-terminals.js')
      await resetTerminals([STDOUT, STDERR], 'native')
    }
  }
}

/** In workers, as many as it asks for. */
async function runInWorkers(
  request: RunRequest,
  bytes: Uint8Array,
  options: AnyRunOptions,
  openLine: OpenLine | undefined,
): Promise<number> {
  const counts = request.guest.metrics ? newCounts() : undefined
  const { runInWorkers: start } = await import('../run/run-in-workers.js')
  const check = (module: WebAssembly.Module): void =>
    checkImports(module, versionOf(module), request.run.threads > 0)
  try {
    const { exitCode } = await start(bytes, options, { counts, check, openLine })
    return exitCode
  } catch (error) {
    throw unrunnable(original(error), request.program, bytes)
  } finally {
    if (counts !== undefined) tellCalls(metricsOf(counts))
  }
}

/**
 * In a process in the OS sandbox. With `--os-sandbox best-effort` the parts that this kernel lacks are
 * named in warnings.
 */
async function runApart(
  { program }: RunRequest,
  bytes: Uint8Array,
  options: AnyRunOptions,
  openLine: OpenLine | undefined,
): Promise<number> {
  const { runInProcess } = await import('../run/process/run-in-process.js')
  try {
    const {
      exitCode,
      osSandbox,
      metrics: told = {},
    } = await runInProcess(bytes, options, { openLine })
    if (!osSandbox?.landlock)
      note(
        '--os-sandbox: this kernel has no Landlock; only the sandbox of WebAssembly kept files from the program',
      )
    if (!osSandbox?.seccomp)
      note(
        '--os-sandbox: this kernel has no seccomp filters; the process could make any system call',
      )
    tellCalls(told)
    return exitCode
  } catch (error) {
    throw unrunnable(original(error), program, bytes)
  }
}

/** What must hold before a module is run as it is asked for. */
import { coded } from '../errors.js'
import { shareOf } from '../guest.js'
import { type Counts, metricsOf } from '../metrics.js'
import { optionNames, settingsOf } from '../options.js'
import { checkAlone, checkPortable } from '../replay/options.js'
import { checkInteger, checkKeys, wrongType } from '../validate.js'
import { capMemory, pageBytes } from './cap.js'
import { Crew } from './crew.js'
import { type Beginning, Count } from './messages.js'
import { importsMemory, type MemoryLimits, memoryLimits, versionOf } from './module.js'
import type { RunOptions, RunResult } from './options.js'
import { Stdio } from './stdio.js'
import { Workers } from './workers.js'

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024

/** A module, with the bytes that it was compiled from, if these are known. */
export interface Program {
  readonly module: WebAssembly.Module
  readonly bytes: Uint8Array | undefined
}

const own = ['threads', 'maxOutput', 'maxMemory', 'timeout', 'signal'] as const

/** Run a program in such workers. `calls`: where its hostcalls are counted, for who wants that of a run that fails, too. */
export async function runModule(program: Program, options: RunOptions, workers = new Workers(), calls?: Counts): Promise<RunResult> {
  checkKeys('options', [...optionNames, ...own], options)
  const { threads = 0, maxOutput, maxMemory, timeout, signal, stdin, stdout, stderr, ...others } = options
  checkInteger('options.threads', threads, 0, mostThreads)
  checkEnd(timeout, signal)
  checkPortable({ ...others })
  const given = settingsOf({ ...others, version: others.version ?? versionOf(program.module) })
  const settings = { ...given, counts: calls ?? given.counts }
  if (threads > 0) checkAlone(settings.replay)
  const stdio = new Stdio({ stdin, stdout, stderr, maxOutput })
  const { module, bytes } = await capped(program, maxMemory)
  checkExports(module, threads)
  const memory = memoryFor(module, bytes, threads)
  signal?.throwIfAborted()
  const shared = threads > 0 ? shareOf({ ...settings, stdio: stdio.shared }) : undefined
  try {
    const { trace, report, stdio: _, ...plain } = settings
    const beginning: Beginning = {
      module,
      memory,
      settings: plain,
      stdio: stdio.conveyed,
      traced: trace !== undefined,
      sharing: shared?.sharing,
      counts: new Int32Array(new SharedArrayBuffer(4 * Object.keys(Count).length)),
      limit: threads,
    }
    const crew = new Crew(beginning, settings, stdio, workers)
    const exitCode = await untilEnd(crew, stdio, timeout, signal)
    return { exitCode, ...stdio.captured, ...(settings.counts && { metrics: metricsOf(settings.counts) }) }
  } finally {
    shared?.close()
  }
}

/** The longest that a timer takes. */
const mostMilliseconds = 2 ** 31 - 1

function checkEnd(timeout: unknown, signal: unknown): void {
  if (timeout !== undefined) checkInteger('options.timeout', timeout, 1, mostMilliseconds)
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType('options.signal', 'an instance of AbortSignal', signal)
}

async function untilEnd(crew: Crew, stdio: Stdio, timeout: number | undefined, signal: AbortSignal | undefined): Promise<number> {
  const abort = (): void => crew.fail(signal?.reason)
  const late = (): void => {
    const error = new Error(`the guest was ended after ${timeout} ms`)
    crew.fail(coded(error, 'ERR_WASI_TIMEOUT', stdio.captured))
  }
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await crew.result
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** The program with a memory that cannot grow beyond so many bytes, if there is such a limit. */
export async function capped(program: Program, maxMemory: unknown): Promise<Program> {
  if (maxMemory === undefined) return program
  const { bytes } = program
  checkInteger('options.maxMemory', maxMemory, 0, 2 ** 32)
  if (bytes === undefined) {
    const message = 'options.maxMemory is written into the bytes of a module: pass these in place of the module'
    throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
  }
  const cut = capMemory(bytes, Math.floor(maxMemory / pageBytes))
  return { bytes: cut, module: await WebAssembly.compile(cut) }
}

const imports = (module: WebAssembly.Module, from: string, wanted: string): boolean =>
  WebAssembly.Module.imports(module).some(({ module, name }) => module === from && name === wanted)
const spawns = (module: WebAssembly.Module): boolean => imports(module, 'wasi', 'thread-spawn')

function checkExports(module: WebAssembly.Module, threads: number): void {
  const has = (wanted: string): boolean =>
    WebAssembly.Module.exports(module).some(({ name, kind }) => name === wanted && kind === 'function')
  if (!has('_start')) throw coded(new Error('the module exports no function _start: it is no command'), 'ERR_WASI_NO_START')
  if (threads === 0 || !spawns(module) || has('wasi_thread_start')) return
  throw coded(new Error('the module wants threads, but exports no wasi_thread_start for them to begin at'), 'ERR_WASI_NO_START')
}

/** The memory that the module imports. */
function memoryFor(module: WebAssembly.Module, bytes: Uint8Array | undefined, threads: number): Beginning['memory'] {
  const limits = importsMemory(module) ? limitsIn(bytes) : undefined
  if (limits?.shared) return new WebAssembly.Memory(limits)
  if (threads === 0 || !spawns(module)) return limits
  throw coded(new Error('the module wants threads, but imports no shared memory for them to have together'), 'ERR_WASI_NO_MEMORY')
}
function limitsIn(bytes: Uint8Array | undefined): MemoryLimits | undefined {
  if (bytes !== undefined) return memoryLimits(bytes)
  const message = 'the module imports its memory, whose size only its bytes tell: pass these in place of the module'
  throw coded(new Error(message), 'ERR_WASI_NO_MEMORY')
}

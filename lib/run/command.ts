/** What must hold before a module is run as it is asked for. */
import { coded } from '../errors.js'
import { type Counts, metricsOf } from '../metrics.js'
import { type Settings, settingsOf } from '../options.js'
import { checkAlone, checkPortable } from '../replay/options.js'
import { layOverlays, shareOf } from '../threads.js'
import { capMemory, pageBytes } from './cap.js'
import { Crew } from './crew.js'
import { type Beginning, Count } from './messages.js'
import { importsMemory, type MemoryLimits, memoryLimits, versionOf } from './module.js'
import { lend } from './mounts.js'
import type { RunOptions, RunResult } from './options.js'
import { type Asked, type Terms, termsOf, untilEnd } from './terms.js'
import { Workers } from './workers.js'

/** A module, with the bytes that it was compiled from, if these are known. */
export interface Program {
  readonly module: WebAssembly.Module
  readonly bytes: Uint8Array | undefined
}

/** Run a program. `calls`: where its hostcalls are counted, for who wants that of a run that fails, too. */
export async function runModule(program: Program, options: RunOptions, calls?: Counts): Promise<RunResult> {
  return runTerms(program, termsOf(options), new Workers(), calls)
}

/** The same in such workers, when what is asked of the run itself has been checked. */
export async function runTerms(program: Program, [terms, own]: Asked, workers: Workers, calls?: Counts): Promise<RunResult> {
  checkPortable({ ...own })
  const given = settingsOf({ ...own, version: own.version ?? versionOf(program.module) })
  return runSettings(program, { ...given, counts: calls ?? given.counts }, terms, workers)
}

/** The same, when all that was asked for has been checked. */
export async function runSettings(program: Program, settings: Settings, terms: Terms, workers = new Workers()): Promise<RunResult> {
  const { threads, maxMemory, signal, stdio } = terms
  if (threads > 0) checkAlone(settings.replay)
  const { module, bytes } = await capped(program, maxMemory)
  checkExports(module, threads)
  const memory = memoryFor(module, bytes, threads)
  signal?.throwIfAborted()
  layOverlays(settings)
  const { mounts, back } = lend(settings.preopens)
  let shared: ReturnType<typeof shareOf> | undefined
  let crew: Crew | undefined
  try {
    shared = threads > 0 ? shareOf({ ...settings, stdio: stdio.shared }) : undefined
    const { trace, report, stdio: _, preopens, ...plain } = settings
    const beginning: Beginning = {
      module,
      memory,
      settings: plain,
      mounts,
      stdio: stdio.conveyed,
      traced: trace !== undefined,
      sharing: shared?.sharing,
      counts: new Int32Array(new SharedArrayBuffer(4 * Object.keys(Count).length)),
      limit: threads,
    }
    crew = new Crew(beginning, settings, stdio, workers, terms.onListening)
    const exitCode = await untilEnd(crew, terms)
    return { exitCode, ...stdio.captured, ...(settings.counts && { metrics: metricsOf(settings.counts) }) }
  } finally {
    back(crew?.trees)
    shared?.close()
  }
}

/** The program with a memory that cannot grow beyond so many bytes, if there is such a limit. */
export async function capped(program: Program, maxMemory: number | undefined): Promise<Program> {
  if (maxMemory === undefined) return program
  const { bytes } = program
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

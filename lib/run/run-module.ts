/** What must hold before a module is run as it is asked for. */
import { coded } from '../errors.js'
import { layOverlays, shareOf } from '../guest/threads.js'
import { type Counts, metricsOf } from '../observe/metrics.js'
import { type Settings, settingsOf } from '../options/settings.js'
import { checkAlone, checkPortable } from '../replay/options.js'
import { Deadline } from './deadline.js'
import { compiled, type Program, type Source } from './module/compile.js'
import { importsMemory, type MemoryLimits, memoryLimits, versionOf } from './module/inspect.js'
import type { RunOptions, RunResult } from './options.js'
import { type Asked, type Terms, termsOf } from './settings.js'
import { avoidLiftoff } from './worker/liftoff.js'
import { type Beginning, Count } from './worker/messages.js'
import { lend } from './worker/mounts.js'
import { Crew } from './worker/thread-group.js'
import { Workers } from './worker/workers.js'

/** What the command line wants of a run beside its options. */
export interface Ways {
  /** Counts its hostcalls, also of a run that fails. */
  readonly counts?: Counts | undefined
  /** Looks at the module before anything of it begins. */
  readonly check?: (module: WebAssembly.Module) => void
}

/** Run a program. */
export async function runModule(source: Source, options: RunOptions, ways?: Ways): Promise<RunResult> {
  const [terms, own] = termsOf(options)
  return runTerms(() => compiled(source, terms), [terms, own], new Workers(), ways)
}

/** The same in such workers, when what is asked of the run itself has been checked. Its time begins here, and covers the compiler's. */
export async function runTerms(
  compile: () => Promise<Program>,
  [terms, own]: Asked,
  workers: Workers,
  { counts, check }: Ways = {},
): Promise<RunResult> {
  checkPortable({ ...own })
  const given = settingsOf({ ...own, version: own.version ?? 'preview1', rights: own.rights ?? 'access' })
  const deadline = new Deadline(terms)
  try {
    deadline.check()
    const program = await deadline.race(compile())
    check?.(program.module)
    const version = own.version ?? versionOf(program.module)
    return await runSettings(program, { ...given, version, counts: counts ?? given.counts }, terms, deadline, workers)
  } finally {
    deadline.close()
    terms.stdio.close()
  }
}

/** The same, when all that was asked for has been checked, and the module is compiled. */
export async function runSettings(
  { module, bytes }: Program,
  settings: Settings,
  terms: Terms,
  deadline: Deadline,
  workers = new Workers(),
): Promise<RunResult> {
  const { threads, stdio } = terms
  if (threads > 0) checkAlone(settings.replay)
  checkExports(module, threads)
  const memory = memoryFor(module, bytes, threads)
  // A guest with a shared memory may wait, be it alone.
  if (threads > 0 || memory instanceof WebAssembly.Memory) avoidLiftoff()
  deadline.check()
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
      maxStack: terms.maxStack,
    }
    crew = new Crew(beginning, settings, stdio, workers, terms.onListening)
    const exitCode = await deadline.until(crew)
    return { exitCode, ...stdio.captured, ...(settings.counts && { metrics: metricsOf(settings.counts) }) }
  } finally {
    back(crew?.trees)
    shared?.close()
  }
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

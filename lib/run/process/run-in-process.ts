/** Runs a guest in a process of its own, in the OS sandbox. */
import { type StdioOptions, spawn } from 'node:child_process'
import { join } from 'node:path'
import { coded } from '../../errors.js'
import { checkLimits, isCompiled } from '../../guest/compiled-module.js'
import { isModule } from '../../guest/instantiate.js'
import type { CheckedSource } from '../../guest/source.js'
import { SourceFile } from '../../guest/source-file.js'
import { type OpenLine, outputsOf } from '../../observe/unterminated.js'
import { rooted } from '../../options/preopens.js'
import type { Settings } from '../../options/settings.js'
import { checkHeld } from '../../options/strict.js'
import { checkHost, environment, sandboxCommand } from '../../sys/native/launcher.js'
import { nodeAt } from '../../sys/native/node.js'
import { wrongType, wrongValue } from '../../validate.js'
import { checkAborted } from '../aborts.js'
import { Deadline } from '../deadline.js'
import { checkOptions, runErrorOf } from '../failure.js'
import type { AnyRunOptions, AnyRunResult } from '../options.js'
import { guestSettings, type Terms, termsOf } from '../settings.js'
import type { Conveyed } from '../stdio/pipes.js'
import { resetTerminals } from '../stdio/reset-terminals.js'
import { GuestProcess } from './guest-process.js'
import { programOf, type SentProgram } from './program.js'
import { channel, control, type Request } from './protocol.js'
import { type Relay, relayOf } from './relay.js'
import { type ProcessShape, SpareProcesses } from './spares.js'
import type { Ended, Launcher, Task } from './task.js'

/**
 * Hooks of the command line, seams for tests, and the processes of a pool, which the callers of
 * `run` cannot reach.
 */
export interface Ways {
  /** The file that runs in the OS sandbox in place of the guest's. */
  readonly entry?: string
  /** As of `Hooks`. */
  readonly openLine?: OpenLine | undefined
  /** Starts another program in place of the sandbox launcher. */
  readonly start?: typeof start
  /** Processes that were started ahead. */
  readonly spares?: SpareProcesses | undefined
}

/**
 * Milliseconds that a guest runs before the process of the next one is started, which would slow it
 * down. Where it ends sooner, the process starts then.
 */
const headStart = 100

const ownEntry = join(import.meta.dirname, 'main.js')

/** A run whose options are checked. Nothing is started for it yet. */
export interface ProcessPlan {
  readonly signal: AbortSignal | undefined
  /**
   * Runs it to its end. Its time begins here. Nothing of it is left then, however it ends.
   * @throws RunError
   */
  execute(source: CheckedSource, ways?: Ways): Promise<AnyRunResult>
  /** Gives up the streams of a run that is not executed. */
  close(): void
}

/**
 * Runs a module. Nothing of it is left when it ends, however it does.
 * @throws RunError
 */
export async function runInProcess(
  source: CheckedSource,
  options: AnyRunOptions,
  ways: Ways = {},
): Promise<AnyRunResult> {
  return planRun(source, options, ways.openLine).execute(source, ways)
}

/** Checks a run. */
export function planRun(
  source: CheckedSource,
  options: AnyRunOptions,
  openLine?: OpenLine,
): ProcessPlan {
  const relay = relayOf(options)
  try {
    const prepared = prepare(source, { ...options, ...relay.streams }, relay.joined, openLine)
    const { signal, stdio } = prepared.terms
    const close = (): void => {
      stdio.close()
      relay.close()
    }
    return {
      signal,
      async execute(source, ways = {}) {
        try {
          return await runPrepared(prepared, source, relay, ways)
        } finally {
          close()
        }
      },
      close,
    }
  } catch (error) {
    relay.close()
    throw error
  }
}

/** A run whose options are checked. Nothing of it has started. */
interface Prepared {
  readonly terms: Terms
  readonly settings: Settings
  readonly request: Omit<Request, 'size' | 'component' | 'call'>
  readonly placed: readonly Place[]
}

/** @param joined whether stderr goes where stdout does */
function prepare(
  source: CheckedSource,
  options: AnyRunOptions,
  joined: boolean,
  openLine: OpenLine | undefined,
): Prepared {
  if (!(source instanceof SourceFile) && isModule(source))
    throw wrongType(
      'source',
      "a path, a file: URL or the bytes of a module where options.isolation is 'process'",
      source,
    )
  const [terms, own] = checkOptions(() => termsOf(options))
  if (isCompiled(source)) checkLimits(source, terms)
  if (own.listen !== undefined && own.listen.length > 0)
    throw wrongValue(
      'options.listen',
      "must be empty when options.isolation is 'process', which has no network",
      own.listen,
    )
  const settings = checkOptions(() => guestSettings(terms, own))
  const { trace, report, counts, ...plain } = settings
  for (const { name, path, files } of settings.preopens) {
    const inMemory = files !== undefined || path === undefined
    if (inMemory)
      throw wrongValue(
        `options.preopens['${name}']`,
        "must be on the host's disk when options.isolation is 'process'",
        own.preopens,
      )
  }
  // The process begins at the root: a worker of Node does not start in a folder that is gone.
  const preopens = settings.preopens.map(rooted)
  const { threads, execPath, maxMemory, maxTableElements, maxStack, signal, stdio } = terms
  checkOptions(() => {
    checkAborted(signal)
    checkHost()
    if (terms.strict && execPath !== undefined && own.allowUnsafePreopen !== true)
      checkHeld(preopens, 'options.execPath', execPath)
  })
  const request = {
    settings: {
      ...plain,
      preopens,
      stdio: [0, 1, 2] as const,
      terminals: stdio.conveyed.map(isTerminal),
    },
    version: own.version,
    ignored: stdio.conveyed.map(isIgnored),
    threads,
    maxMemory,
    maxTableElements,
    maxStack,
    traced: trace !== undefined,
    records: settings.traceStyle.format !== 'text',
    outputs: openLine === undefined ? [] : outputsOf(openLine),
    measured: counts !== undefined,
  }
  return { terms, settings, request, placed: places(stdio.conveyed, joined) }
}

async function runPrepared(
  { terms, settings, request, placed }: Prepared,
  source: CheckedSource,
  relay: Relay,
  { entry = ownEntry, start: begin = start, openLine, spares }: Ways,
): Promise<AnyRunResult> {
  const { osSandbox, execPath, maxStack, stdio } = terms
  const strict = osSandbox === 'require'
  const first = placed.map(({ pipe }) => (pipe ? ('pipe' as const) : ('ignore' as const)))
  const lent = placed.flatMap(({ fd }) => fd ?? [])
  const deadline = new Deadline(terms)
  let child: GuestProcess | undefined
  let module: SentProgram | undefined
  try {
    const read = source instanceof SourceFile ? await deadline.race(source.read(true)) : source
    module = await programOf(read, terms, request.version, deadline, spares === undefined)
    const { bytes, limits, component, call } = module
    const { maxMemory, maxTableElements } = limits
    const task: Task = {
      request: { ...request, size: bytes.length, component, call, maxMemory, maxTableElements },
      bytes,
      hooks: { ...settings, openLine },
      stdio,
    }
    const node =
      execPath === undefined ? undefined : await deadline.race(nodeAt(execPath, environment))
    const command = sandboxCommand({
      strict,
      streams: placed.map(({ at }) => at) as [number, number, number],
      folders: request.settings.preopens.map(({ file, place = '', readOnly }) => ({
        path: file ?? place,
        readOnly,
      })),
      channel,
      control,
      // The process starts a worker with this stack before it knows its request.
      program: ['--no-warnings', entry, `${maxStack}`],
      node,
    })
    const { file, args, env } = command
    const stdioOfLauncher = [...first, 'pipe' as const, 'pipe' as const, ...lent]
    const shape: ProcessShape = {
      ...command,
      strict,
      streams: first,
      start: () => begin(file, args, { env, cwd: '/', stdio: stdioOfLauncher }),
    }
    const used = (process: GuestProcess): void => {
      child = process
    }
    const ended = await runOn(shape, lent.length === 0 ? spares : undefined, task, deadline, used)
    const { exitCode, osSandbox: held, metrics } = ended
    return { exitCode, ...stdio.captured, osSandbox: held, ...(metrics && { metrics }) }
  } catch (thrown) {
    // A process that ends by itself has done so.
    if (!settings.terminalEscapes) await resetTerminals(stdio.outputs, settings.backend)
    const { truncated, ...captured } = stdio.captured
    throw runErrorOf(thrown, {
      captured: { ...captured, truncated: relay.close() || truncated },
      metrics: child?.metrics,
      compiled: module?.parts,
      osSandbox: child?.osSandbox,
      maxStack,
    })
  } finally {
    deadline.close()
  }
}

/** Runs a task on a process that was started ahead, or on a new one. */
async function runOn(
  shape: ProcessShape,
  spares: SpareProcesses | undefined,
  task: Task,
  deadline: Deadline,
  used: (process: GuestProcess) => void,
): Promise<Ended> {
  const on = async (child: GuestProcess): Promise<Ended> => {
    used(child)
    const restock = (): void => spares?.start(shape)
    let timer: NodeJS.Timeout | undefined
    child.begin(task, () => {
      timer = setTimeout(restock, headStart)
    })
    try {
      return await deadline.until(child)
    } finally {
      clearTimeout(timer)
      if (child.started) restock()
    }
  }
  const spare = spares?.take(shape)
  try {
    if (spare !== undefined) return await on(spare)
  } catch (error) {
    // Else it died before it took its request: its guest has not begun.
    if (spare?.started || spare?.failed) throw error
  }
  return on(new GuestProcess(shape.start(), shape))
}

const isIgnored = (stream: Conveyed): boolean => typeof stream !== 'number' && 'ignored' in stream
const isTerminal = (stream: Conveyed): boolean =>
  typeof stream !== 'number' && 'isTTY' in stream && stream.isTTY

/**
 * The place of a standard stream among the launcher's descriptors: an ignored one is /dev/null
 * there, which the guest does not see.
 */
interface Place {
  readonly at: number
  /** True for a stream that this process serves. */
  readonly pipe?: boolean
  /** The descriptor of the host that is passed there. */
  readonly fd?: number
}
/**
 * libuv clears O_NONBLOCK of what a child gets as 0 to 2, for the host as well, so descriptors of
 * the host are passed behind `control`.
 */
function places(streams: readonly Conveyed[], joined: boolean): Place[] {
  let next = control
  return streams.map((stream, i) => {
    if (joined && i === 2) return { at: 1, pipe: true }
    return typeof stream === 'number'
      ? { at: ++next, fd: stream }
      : { at: i, pipe: !isIgnored(stream) }
  })
}

function start(
  file: string,
  args: string[],
  options: { env: Record<string, string>; cwd: string; stdio: StdioOptions },
): Launcher {
  try {
    return spawn(file, args, options)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBADF') throw cause
    const message = `UVWASI_EBADF, uvwasi_init: cannot open stdin, stdout or stderr: ${(cause as Error).message}`
    throw coded(new Error(message, { cause }), 'UVWASI_EBADF')
  }
}

/** @param most the number of processes that are started ahead */
export const sparesFor = (most: number): SpareProcesses => new SpareProcesses(most)

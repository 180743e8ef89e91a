/** Runs a guest in a process of its own, in the OS sandbox. */
import { type StdioOptions, spawn } from 'node:child_process'
import { join } from 'node:path'
import { coded } from '../../errors.js'
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
import { GuestProcess, type Launcher } from './guest-process.js'
import { channel, control, type Request } from './protocol.js'
import { type Relay, relayOf } from './relay.js'

/** Hooks of the command line, and seams for tests, which the callers of `run` cannot reach. */
export interface Ways {
  /** The file that runs in the OS sandbox in place of the guest's. */
  readonly entry?: string
  /** As of `Hooks`. */
  readonly openLine?: OpenLine | undefined
  /** Starts another program in place of the sandbox launcher. */
  readonly start?: typeof start
}

const ownEntry = join(import.meta.dirname, 'main.js')

/**
 * Runs the module of these bytes. Nothing of it is left when it ends, however it does.
 * @throws RunError
 */
export async function runInProcess(
  source: CheckedSource,
  options: AnyRunOptions,
  ways: Ways = {},
): Promise<AnyRunResult> {
  const relay = relayOf(options)
  try {
    const run = prepare(source, { ...options, ...relay.streams }, relay.joined, ways.openLine)
    return await runPrepared(run, relay, ways)
  } finally {
    relay.close()
  }
}

/** A run whose options are checked. Nothing of it has started. */
interface Prepared {
  readonly terms: Terms
  readonly settings: Settings
  readonly source: Uint8Array | SourceFile
  /** All but the bytes, which may be in a file. */
  readonly request: Omit<Request, 'bytes'>
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
  if (own.listen !== undefined && own.listen.length > 0)
    throw wrongValue(
      'options.listen',
      "does not go with options.isolation 'process', which has no network",
      own.listen,
    )
  const settings = checkOptions(() => guestSettings(terms, own))
  const { trace, report, counts, ...plain } = settings
  for (const { name, path, files } of settings.preopens) {
    const inMemory = files !== undefined || path === undefined
    if (inMemory)
      throw wrongValue(
        `options.preopens['${name}']`,
        "lies in memory, which does not go with options.isolation 'process'",
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
  const request: Prepared['request'] = {
    settings: { ...plain, preopens, stdio: [0, 1, 2], terminals: stdio.conveyed.map(isTerminal) },
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
  return { terms, settings, source, request, placed: places(stdio.conveyed, joined) }
}

async function runPrepared(
  { terms, settings, source, request, placed }: Prepared,
  relay: Relay,
  { entry = ownEntry, start: begin = start, openLine }: Ways,
): Promise<AnyRunResult> {
  const { osSandbox, execPath, maxStack, stdio } = terms
  const strict = osSandbox === 'require'
  const first = placed.map(({ pipe }) => (pipe ? ('pipe' as const) : ('ignore' as const)))
  const lent = placed.flatMap(({ fd }) => fd ?? [])
  const deadline = new Deadline(terms)
  let bytes: Uint8Array | undefined
  let child: GuestProcess | undefined
  try {
    bytes = source instanceof SourceFile ? await deadline.race(source.read()) : source
    const node =
      execPath === undefined ? undefined : await deadline.race(nodeAt(execPath, environment))
    const { file, args, env, opened } = sandboxCommand({
      strict,
      streams: placed.map(({ at }) => at) as [number, number, number],
      folders: request.settings.preopens.map(({ file, place = '', readOnly }) => ({
        path: file ?? place,
        readOnly,
      })),
      channel,
      control,
      program: ['--no-warnings', entry],
      node,
    })
    const launcher = begin(file, args, {
      env,
      cwd: '/',
      stdio: [...first, 'pipe', 'pipe', ...lent],
    })
    child = new GuestProcess(
      launcher,
      { ...request, bytes },
      { strict, opened },
      { ...settings, openLine },
      stdio,
    )
    const { exitCode, osSandbox: held, metrics } = await deadline.until(child)
    return { exitCode, ...stdio.captured, osSandbox: held, ...(metrics && { metrics }) }
  } catch (thrown) {
    // A process that ends by itself has done so.
    if (!settings.terminalEscapes) await resetTerminals(stdio.outputs, settings.backend)
    const { truncated, ...captured } = stdio.captured
    throw runErrorOf(thrown, {
      captured: { ...captured, truncated: relay.close() || truncated },
      metrics: child?.metrics,
      compiled: bytes,
      osSandbox: child?.osSandbox,
      maxStack,
    })
  } finally {
    deadline.close()
    stdio.close()
  }
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

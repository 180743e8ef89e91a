/**
 * One guest's side of the host: settings in, wasm imports out. The low-level API, for embedders
 * without a WebAssembly.Instance.
 */
import { createRequire } from 'node:module'
import { namespace, namespace0 } from '../abi/namespaces.js'
import { joined } from '../abi/strings.js'
import { type HostcallName, type Row, table } from '../abi/table.js'
import { table0 } from '../abi/unstable.js'
import type { Context } from '../context.js'
import { LocalFds } from '../fds/local.js'
import { Polls } from '../fds/polls.js'
import type { FdTable } from '../fds/table.js'
import type { ImportFunction } from '../gate.js'
import { gates, gates0 } from '../generated/imports.js'
import { hostcalls, hostcalls0 } from '../hostcalls/index.js'
import { checkMemory, GuestMemory, isWasmMemory, type MemoryLike } from '../memory.js'
import { hostcallChannel } from '../observe/channels.js'
import { Countdown } from '../observe/hostcall-limit.js'
import { type Metrics, measured } from '../observe/metrics.js'
import type { Listener } from '../options/listen.js'
import type { GuestOptions } from '../options/options.js'
import { optionNames, type Settings, settingsOf } from '../options/settings.js'
import type { Random } from '../replay/random.js'
import type { Layers } from '../replay/replay.js'
import { Terminals } from '../stdio/terminals.js'
import { openGuestSys, openSys } from '../sys/choose.js'
import { systemRandom } from '../sys/random.js'
import type { Sys } from '../sys/sys.js'
import { checkKeys } from '../validate.js'
import { Verdict } from '../verdict.js'
import type { GuestSource, ImportRecord, WasmInstance } from './instance.js'
import { functions, instantiate, record } from './instantiate.js'
import { membersOf } from './members.js'
import { hostsOf, nameOf, type Opened, openAll } from './open-resources.js'
import { moduleOf } from './source.js'

// Loaded on first use: an embedder that only runs guests starts without them.
const require = createRequire(import.meta.url)
const replay = () => require('../replay/replay.js') as typeof import('../replay/replay.js')
const trace = () => require('../observe/trace.js') as typeof import('../observe/trace.js')

/** A guest, as {@link createGuest} returns it. */
export interface Guest {
  /** The module name of {@link imports}: `wasi_snapshot_preview1` or `wasi_unstable`. */
  readonly namespace: string
  /**
   * A function for each hostcall, by name. The record has no prototype, in which WebAssembly would
   * look imports up, too.
   */
  readonly imports: Record<string, ImportFunction>
  /** The sockets that the option `listen` opened, in its order. */
  readonly listeners: readonly Listener[]
  /**
   * Binds the guest's memory: a WebAssembly.Memory, or `{ buffer }`, which is read again after its
   * buffer was detached. Bind again a memory that got another buffer without that.
   * @throws TypeError for another value
   */
  bind(memory: MemoryLike): void
  /**
   * Instantiates a module with {@link Guest.imports} and yours, which override those of the same
   * name, and binds the memory that it exports as `memory`. Files are read, and bytes are compiled,
   * in this thread.
   * @param source the path of a module, its `file:` URL, its bytes, or a compiled module
   * @throws TypeError for wrong arguments; Error with the code of the host (`ENOENT`) for a file
   * that cannot be read; WebAssembly.CompileError; WebAssembly.LinkError, with code
   * `ERR_WASI_UNKNOWN_IMPORT`, `importModule`, `importName` and `importKind` for an import that is
   * no own property of either
   */
  instantiate(source: GuestSource, imports?: ImportRecord): WasmInstance
  /**
   * Calls code of the guest, as `() => instance.exports._start()`. Returns the exit code: that of
   * proc_exit, or 0.
   * @throws a trap, or the first error that ended the guest, even if the guest caught it: an
   * exception of a function of yours, `ERR_WASI_HOSTCALL_LIMIT`
   */
  run(code: () => unknown): number
  /**
   * Returns the hostcalls until now.
   * @throws Error with code `ERR_WASI_NO_METRICS` unless `options.metrics` was set
   */
  metrics(): Metrics
  /**
   * Closes the guest's open files; later hostcalls on them return BADF. It happens by itself some
   * time after the guest was garbage collected.
   */
  close(): void
  /** Calls {@link Guest.close}, for `using`. */
  [Symbol.dispose](): void
}

/**
 * Creates a guest for an embedder that runs WebAssembly itself. {@link WASI} is built on it.
 *
 * @example
 * using guest = createGuest({ version: 'preview1' })
 * const instance = guest.instantiate('program.wasm')
 * const exitCode = guest.run(() => instance.exports._start())
 * @throws TypeError, RangeError for wrong options; Error with code `UVWASI_E...` for a preopen,
 * stream or listener that cannot be opened, `ERR_WASI_ADDON_UNAVAILABLE` if the addon cannot be
 * loaded, `ERR_WASI_LISTEN_UNAVAILABLE` for `listen` with the typescript backend, and, with
 * `strict`, `ERR_WASI_UNSAFE_PREOPEN` and `ERR_WASI_PUBLIC_LISTEN`
 */
export function createGuest(options: GuestOptions): Guest {
  checkKeys('options', optionNames, options)
  return guestOf(settingsOf(options))
}

/** The host's own state of a guest, beside the guest's memory. */
export interface HostState {
  readonly fds: LocalFds
  readonly layers: Layers | undefined
}

/** @param reveal receives the host's own state of the guest */
export function guestOf(
  settings: Settings,
  verdict = new Verdict(),
  host: Sys = openGuestSys(settings.backend),
  terminals = new Terminals(),
  reveal?: (state: HostState) => void,
): Guest {
  const memory = new GuestMemory(host, settings.limits)
  const layers = layersFor(settings, memory)
  const hosts = hostsOf(host, () => openSys(settings.backend), layers)
  const fds = new LocalFds(settings.limits.descriptors, settings.rights)
  const names = settings.preopens.map(nameOf)
  const opened = { ...openAll(hosts, memory, fds, settings, names, terminals), terminals }
  fds.seal()
  reveal?.({ fds, layers })
  return guestWith(settings, verdict, hosts.sys, memory, fds, opened, layers?.random)
}

/**
 * Returns the layers over the hosts of a guest; undefined where the guest sees the hosts as they
 * are.
 */
export const layersFor = (settings: Settings, memory: GuestMemory): Layers | undefined =>
  settings.replay && replay().layersOf(settings.replay, memory)

/** Returns the guest for its opened resources. */
export function guestWith(
  settings: Settings,
  verdict: Verdict,
  sys: Sys,
  memory: GuestMemory,
  fds: FdTable,
  { beside, listeners, terminals }: Opened & { readonly terminals: Terminals },
  random: Random = systemRandom,
): Guest {
  const { args, env, limits, counts } = settings
  const context: Context = {
    sys,
    memory,
    fds,
    polls: new Polls(),
    limits,
    args: joined(args),
    env: joined(env),
    random,
    verdict,
  }
  const from = settings.version === 'unstable' ? namespace0 : namespace
  const imports = importsOf(context, settings)
  return {
    namespace: from,
    imports,
    listeners,
    bind(memory) {
      checkMemory(memory)
      context.memory.bind(memory)
    },
    instantiate(source, more = {}) {
      const instance = instantiate(
        moduleOf(source),
        record('imports', more),
        functions(from, imports),
      )
      const { memory } = instance.exports
      if (isWasmMemory(memory)) context.memory.bind(memory)
      return instance
    },
    ...membersOf(verdict, terminals, counts, [sys, ...beside]),
  }
}

function importsOf(
  context: Context,
  { version, trace: line, traceStyle, sharedPaths, openLine, counts, report }: Settings,
): Record<string, ImportFunction> {
  const unstable = version === 'unstable'
  const imports: Record<string, ImportFunction> = unstable
    ? gates0(context, hostcalls0, report)
    : gates(context, hostcalls, report)
  const { limits, memory, fds, verdict } = context
  const published = hostcallChannel.hasSubscribers ? trace().published : undefined
  const traced = line === undefined ? undefined : trace().traced
  const followed =
    published === undefined && traced === undefined
      ? undefined
      : new (trace().Followed)(fds, memory, sharedPaths)
  const ended = openLine === undefined ? undefined : trace().lined
  const write = (text: string): void => verdict.guard(() => line?.(text))
  const countdown =
    limits.hostcalls === Number.POSITIVE_INFINITY
      ? undefined
      : new Countdown(limits.hostcalls, verdict)
  if (
    counts === undefined &&
    followed === undefined &&
    ended === undefined &&
    countdown === undefined
  )
    return imports
  const rows: Readonly<Partial<Record<HostcallName, Row>>> = unstable ? table0 : table
  // The call of any name may end the guest, and see its end through the layers of another one.
  verdict.layered = true
  for (const [name, row] of Object.entries(rows) as [HostcallName, Row][]) {
    let call = imports[name]
    if (counts !== undefined) call = measured(name, call, counts)
    const shows = traced !== undefined && (traceStyle.calls?.includes(name) ?? true)
    if (followed !== undefined)
      call = followed.follow(name, row, call, shows || published !== undefined)
    if (published !== undefined) call = published(name, row, call, memory, followed)
    if (ended !== undefined && openLine !== undefined && name === 'fd_write')
      call = ended(call, memory, fds, openLine)
    if (shows) call = traced(name, row, call, memory, write, traceStyle, followed)
    if (countdown !== undefined) call = countdown.counted(call)
    imports[name] = outermost(verdict, call)
  }
  return imports
}

/**
 * Wraps an import in the layer that the guest calls: the calls of an ended guest are neither
 * counted nor traced.
 */
const outermost =
  (verdict: Verdict, call: ImportFunction): ImportFunction =>
  (...args) => {
    if (verdict.reached) throw verdict.leave()
    try {
      return call(...args)
    } catch (thrown) {
      throw verdict.reached ? verdict.leave() : thrown
    }
  }

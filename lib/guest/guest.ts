/**
 * One guest's side of the host: settings in, wasm imports out. The low-level API, for embedders
 * without a WebAssembly.Instance.
 */
import { createRequire } from 'node:module'
import { joined } from '../abi/strings.js'
import { type CallName, namespace, type Row, table } from '../abi/table.js'
import { namespace0, table0 } from '../abi/unstable.js'
import type { Context } from '../context.js'
import { coded } from '../errors.js'
import { LocalFds } from '../fds/local.js'
import { Polls } from '../fds/polls.js'
import type { FdTable } from '../fds/table.js'
import type { Gate, Import } from '../gate.js'
import { gates, gates0 } from '../generated/imports.js'
import { hostcalls, hostcalls0 } from '../hostcalls/index.js'
import type { Hostcalls } from '../hostcalls/types.js'
import { checkMemory, GuestMemory, isWasmMemory, type MemoryLike } from '../memory.js'
import { hostcallChannel } from '../observe/channels.js'
import { Countdown } from '../observe/hostcall-limit.js'
import { type Metrics, measured, metricsOf } from '../observe/metrics.js'
import type { Listener } from '../options/listen.js'
import type { GuestOptions } from '../options/options.js'
import { optionNames, type Settings, settingsOf } from '../options/settings.js'
import type { Random } from '../replay/random.js'
import type { Layers } from '../replay/replay.js'
import { Terminals } from '../stdio/terminals.js'
import { openSys } from '../sys/choose.js'
import { systemRandom } from '../sys/random.js'
import type { Sys } from '../sys/sys.js'
import { checkKeys } from '../validate.js'
import { Verdict } from '../verdict.js'
import type { GuestSource, ImportRecord, Instance } from './instance.js'
import { functions, instantiate, record } from './instantiate.js'
import { hostsOf, nameOf, type Opened, openAll } from './open-resources.js'
import { moduleOf } from './source.js'

// Loaded on first use: an embedder that only runs guests starts without them.
const require = createRequire(import.meta.url)
const replay = () => require('../replay/replay.js') as typeof import('../replay/replay.js')
const trace = () => require('../observe/trace.js') as typeof import('../observe/trace.js')

/** A guest of the host, as {@link createGuest} makes it. */
export interface Guest {
  /** The module under which the guest asks for {@link imports}. */
  readonly namespace: string
  /**
   * A function for each hostcall: takes what wasm passes (i64 as BigInt), returns an errno. The
   * record has no prototype, since WebAssembly would look imports up in that, too.
   */
  readonly imports: Record<string, Import>
  /**
   * What the option `listen` opened, in its order: where it listens, and the guest's descriptor of
   * it.
   */
  readonly listeners: readonly Listener[]
  /**
   * Say where the guest's memory is: a WebAssembly.Memory, or `{ buffer }`, which is read again
   * when it was detached. Where another buffer took its place without that, bind it anew. TypeError
   * for anything else.
   */
  bind(memory: MemoryLike): void
  /**
   * Instantiates a module with {@link Guest.imports} and yours, of which those of the same name
   * come first, and binds the memory that it exports as `memory`. Bytes are compiled, and a file is
   * read, in this thread.
   * @param source the path of a module or its `file:` URL, its bytes, or a compiled one
   * @throws TypeError for wrong arguments; Error with the code of the host (`ENOENT`) for a file
   * that cannot be read; WebAssembly's CompileError; WebAssembly's LinkError, with code
   * `ERR_WASI_UNKNOWN_IMPORT`, `importModule`, `importName` and `importKind` where the module
   * imports what is no own property of either
   */
  instantiate(source: GuestSource, imports?: ImportRecord): Instance
  /**
   * Runs code of the guest. Returns its exit code: that of proc_exit, or 0.
   * @throws what ended the guest (an exception of your hooks, `ERR_WASI_HOSTCALL_LIMIT`), also
   * where its code caught that; a trap
   */
  run(code: () => unknown): number
  /**
   * The hostcalls made until now.
   * @throws Error with code `ERR_WASI_NO_METRICS` where `options.metrics` was not set.
   */
  metrics(): Metrics
  /**
   * Close all that the guest has open: hostcalls on it answer BADF from now on. It happens by
   * itself some time after the guest was collected.
   */
  close(): void
  /** Calls {@link Guest.close}, for `using`. */
  [Symbol.dispose](): void
}

/**
 * Make a guest of the host.
 * @throws TypeError, RangeError for wrong options; Error with code `UVWASI_E...` for a directory,
 * stdio or listener that cannot be opened; Error with code `ERR_WASI_ADDON_UNAVAILABLE` where there
 * is no addon, `ERR_WASI_LISTEN_UNAVAILABLE` for a listener with the typescript backend, and of a
 * strict sandbox `ERR_WASI_UNSAFE_PREOPEN` and `ERR_WASI_PUBLIC_LISTEN`.
 */
export function createGuest(options: GuestOptions): Guest {
  checkKeys('options', optionNames, options)
  return guestOf(settingsOf(options))
}

export function guestOf(
  settings: Settings,
  verdict = new Verdict(),
  host: Sys = openSys(settings.backend),
  terminals = new Terminals(),
): Guest {
  const memory = new GuestMemory(host, settings.limits)
  const layers = layersFor(settings, memory)
  const hosts = hostsOf(host, () => openSys(settings.backend), layers)
  const fds = new LocalFds(settings.limits.descriptors, settings.rights)
  const names = settings.preopens.map(nameOf)
  const opened = { ...openAll(hosts, memory, fds, settings, names, terminals), terminals }
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
  const close = (): void => {
    terminals.reset()
    for (const each of [sys, ...beside]) each.dispose()
  }
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
    run(code) {
      try {
        code()
      } catch (thrown) {
        // The first end counts, whatever the guest's own code did with it.
        if (!verdict.reached) throw thrown
      } finally {
        terminals.reset()
      }
      return verdict.exitCode()
    },
    metrics() {
      if (counts === undefined)
        throw coded(new Error('metrics() needs options.metrics: true'), 'ERR_WASI_NO_METRICS')
      return metricsOf(counts)
    },
    close,
    [Symbol.dispose]: close,
  }
}

function importsOf(
  context: Context,
  { version, trace: line, traceStyle, sharedPaths, openLine, counts, report }: Settings,
): Record<string, Import> {
  const rows: Readonly<Partial<Record<CallName, Row>>> = version === 'unstable' ? table0 : table
  const [calls, made]: [Hostcalls, Partial<Record<CallName, Gate>>] =
    version === 'unstable' ? [hostcalls0, gates0] : [hostcalls, gates]
  const { limits, memory, fds, verdict } = context
  const imports: Record<string, Import> = Object.create(null)
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
  for (const [name, row] of Object.entries(rows) as [CallName, Row][]) {
    const gate = (made[name] as Gate)(context, calls[name], report)
    let call = gate
    if (counts !== undefined) call = measured(name, call, counts)
    const shows = traced !== undefined && (traceStyle.calls?.includes(name) ?? true)
    if (followed !== undefined)
      call = followed.follow(name, row, call, shows || published !== undefined)
    if (published !== undefined) call = published(name, row, call, memory, followed)
    if (ended !== undefined && openLine !== undefined && name === 'fd_write')
      call = ended(call, memory, fds, openLine)
    if (shows) call = traced(name, row, call, memory, write, traceStyle, followed)
    if (countdown !== undefined) call = countdown.counted(call)
    verdict.layered = call !== gate
    imports[name] = verdict.layered ? outermost(verdict, call) : call
  }
  return imports
}

/**
 * Wraps an import in the layer that the guest calls: the calls of an ended guest are neither
 * counted nor traced.
 */
const outermost =
  (verdict: Verdict, call: Import): Import =>
  (...args) => {
    if (verdict.reached) throw verdict.leave()
    try {
      return call(...args)
    } catch (thrown) {
      throw verdict.reached ? verdict.leave() : thrown
    }
  }

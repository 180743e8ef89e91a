/** One guest's side of the host: settings in, wasm imports out. The lower door, for embedders without a WebAssembly.Instance. */
import { createRequire } from 'node:module'
import { type CallName, namespace, type Row, table } from './abi/table.js'
import { namespace0, table0 } from './abi/table0.js'
import { hostcallChannel } from './channels.js'
import type { Context } from './context.js'
import { counted } from './counted.js'
import { coded, Exit } from './errors.js'
import { OwnFds } from './fds/own.js'
import type { FdTable } from './fds/table.js'
import type { Gate, Import } from './gate.js'
import { nameOf, type Opened, openAll } from './given.js'
import { hostcalls, hostcalls0 } from './hostcalls/index.js'
import type { Hostcalls } from './hostcalls/types.js'
import { gates, gates0 } from './imports.js'
import type { Listener } from './listen.js'
import { checkMemory, GuestMemory, type MemoryLike } from './memory.js'
import { type Metrics, measured, metricsOf } from './metrics.js'
import { type GuestOptions, optionNames, type Settings, settingsOf } from './options.js'
import { systemRandom } from './random.js'
import { joined } from './strings.js'
import { openSys } from './sys/choose.js'
import type { Sys } from './sys/sys.js'
import { checkKeys } from './validate.js'

// Loaded when they are asked for: who has a guest do its work, and no more, starts without them.
const require = createRequire(import.meta.url)
const replay = () => require('./replay/replay.js') as typeof import('./replay/replay.js')
const trace = () => require('./trace.js') as typeof import('./trace.js')

/** A guest of the host, as {@link createGuest} makes it. */
export interface Guest {
  /** The module under which the guest asks for {@link imports}. */
  readonly namespace: string
  /** A function for each hostcall: takes what wasm passes (i64 as BigInt), answers with an errno. */
  readonly imports: Record<string, Import>
  /** What the option `listen` opened, in its order: where it listens, and the guest's descriptor of it. */
  readonly listeners: readonly Listener[]
  /**
   * Say where the guest's memory is: a WebAssembly.Memory, or `{ buffer }`, which is read again when it was detached. Where
   * another buffer took its place without that, bind it anew. TypeError for anything else.
   */
  bind(memory: MemoryLike): void
  /** Run code of the guest. Its exit code: that of proc_exit, or 0. What else it throws goes through. */
  run(code: () => unknown): number
  /**
   * The hostcalls made until now.
   * @throws Error with code `ERR_WASI_NO_METRICS` where `options.metrics` was not set.
   */
  metrics(): Metrics
  /** Close all that the guest has open: hostcalls on it answer BADF from now on. It happens by itself some time after the guest was collected. */
  close(): void
}

/**
 * Make a guest of the host.
 * @throws TypeError, RangeError for wrong options; Error with code `UVWASI_E...` for a directory, stdio or listener that cannot be
 * opened; Error with code `ERR_WASI_ADDON_UNAVAILABLE` where there is no addon, `ERR_WASI_LISTEN_UNAVAILABLE` for a listener with
 * the typescript backend, and of a strict sandbox `ERR_WASI_UNSAFE_PREOPEN` and `ERR_WASI_PUBLIC_LISTEN`.
 */
export function createGuest(options: GuestOptions): Guest {
  checkKeys('options', optionNames, options)
  return guestOf(settingsOf(options))
}

export function guestOf(settings: Settings, sys: Sys = openSys(settings.backend)): Guest {
  const memory = new GuestMemory(sys, settings.limits)
  const fds = new OwnFds(settings.limits.descriptors)
  const opened = openAll(sys, () => openSys(settings.backend), memory, fds, settings, settings.preopens.map(nameOf))
  return guestWith(settings, sys, memory, fds, opened)
}

/** The guest that has what was opened for it. */
export function guestWith(settings: Settings, sys: Sys, memory: GuestMemory, fds: FdTable, { beside, listeners }: Opened): Guest {
  const { args, env, limits, counts } = settings
  const random = (settings.replay && replay().replayOver(sys, beside, memory, settings.replay)) ?? systemRandom
  const context: Context = { sys, memory, fds, limits, args: joined(args), env: joined(env), random }
  return {
    namespace: settings.version === 'unstable' ? namespace0 : namespace,
    imports: importsOf(context, settings),
    listeners,
    bind(memory) {
      checkMemory(memory)
      context.memory.bind(memory)
    },
    run(code) {
      try {
        code()
        return 0
      } catch (thrown) {
        if (thrown instanceof Exit) return thrown.code
        throw thrown
      }
    },
    metrics() {
      if (counts === undefined) throw coded(new Error('nothing was counted: options.metrics was not set'), 'ERR_WASI_NO_METRICS')
      return metricsOf(counts)
    },
    close() {
      for (const each of [sys, ...beside]) each.dispose()
    },
  }
}

function importsOf(context: Context, { version, trace: write, traceStyle, counts, report }: Settings): Record<string, Import> {
  const rows: Readonly<Partial<Record<CallName, Row>>> = version === 'unstable' ? table0 : table
  const [calls, made]: [Hostcalls, Partial<Record<CallName, Gate>>] = version === 'unstable' ? [hostcalls0, gates0] : [hostcalls, gates]
  const imports: Record<string, Import> = {}
  const published = hostcallChannel.hasSubscribers ? trace().published : undefined
  const traced = write === undefined ? undefined : trace().traced
  for (const [name, row] of Object.entries(rows) as [CallName, Row][]) {
    let call = (made[name] as Gate)(context, calls[name], report)
    if (counts !== undefined) call = measured(name, call, counts)
    if (published !== undefined) call = published(name, row, call, context.memory)
    if (write !== undefined && traced !== undefined) call = traced(name, row, call, context.memory, write, traceStyle)
    imports[name] = call
  }
  return context.limits.hostcalls === Number.POSITIVE_INFINITY ? imports : counted(imports, context.limits.hostcalls)
}

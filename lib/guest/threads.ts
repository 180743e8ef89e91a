/**
 * A guest that lives in other threads: what is opened for it in this one, and what it is in each of
 * those.
 */
import { coded } from '../errors.js'
import type { Descriptor } from '../fds/descriptor.js'
import { SharedFds } from '../fds/shared.js'
import { GuestMemory } from '../memory.js'
import type { Listener } from '../options/listen.js'
import type { Settings } from '../options/settings.js'
import type { Sink, Source } from '../stdio/streams.js'
import { Terminals } from '../stdio/terminals.js'
import { openSys } from '../sys/choose.js'
import { memfs } from '../sys/memfs/load.js'
import type { Sys } from '../sys/sys.js'
import type { Verdict } from '../verdict.js'
import { type Guest, guestWith, layersFor } from './guest.js'
import {
  hostsOf,
  mounted,
  nameOf,
  openAll,
  opening,
  preopenNamed,
  served,
} from './open-resources.js'

/**
 * For a guest that shall live in another thread: what an overlay lies over is known from now on.
 */
export function layOverlays({ preopens, backend }: Settings): void {
  for (const given of preopens) {
    if (given.files !== undefined)
      opening(preopenNamed(given), () =>
        memfs.mount().layOver(mounted(given), () => openSys(backend)),
      )
  }
}

/** The shared state of a guest's threads. It passes from thread to thread as it is. */
export interface Sharing {
  readonly fds: SharedArrayBuffer
  readonly handles: number
  readonly listeners: readonly Listener[]
}

/**
 * Open all that a guest with threads is given. Each thread, wherever it runs, then makes a guest of
 * its own from the same settings and this. The files are closed when the last of them is, and
 * `close` was called here.
 */
export function shareOf(settings: Settings): { readonly sharing: Sharing; close(): void } {
  if (settings.preopens.some(({ files, file }) => files !== undefined || file !== undefined)) {
    const message =
      'threads share open files, which those in memory, and single ones, cannot: they are objects of one thread'
    throw coded(new Error(message), 'ERR_WASI_THREADS_UNAVAILABLE')
  }
  const sys = openSys(settings.backend)
  const handles = sys.share()
  if (handles === undefined) {
    throw coded(
      new Error(`threads share open files, which backend: '${sys.name}' cannot; 'native' can`),
      'ERR_WASI_THREADS_UNAVAILABLE',
    )
  }
  const names = settings.preopens.map(nameOf)
  const memory = new GuestMemory(sys, settings.limits)
  // Nothing is written here: each thread makes terminals of its own.
  const terminals = new Terminals()
  const fds = new SharedFds(
    sys,
    memory,
    settings.limits.descriptors,
    settings.rights,
    names,
    streamsOf(settings, sys, memory, terminals),
  )
  const { listeners } = openAll(
    hostsOf(sys, () => openSys(settings.backend)),
    memory,
    fds,
    settings,
    names,
    terminals,
  )
  return { sharing: { fds: fds.memory, handles, listeners }, close: () => sys.dispose() }
}

/** The guest as one of its threads has it. */
export function threadOf(
  settings: Settings,
  verdict: Verdict,
  { fds: shared, handles, listeners }: Sharing,
  terminals = new Terminals(),
): Guest {
  const host = openSys(settings.backend, handles)
  const memory = new GuestMemory(host, settings.limits)
  const layers = layersFor(settings, memory)
  const sys = layers === undefined ? host : layers.over(host)
  const streams = streamsOf(settings, sys, memory, terminals)
  const names = settings.preopens.map(nameOf)
  const fds = new SharedFds(
    sys,
    memory,
    settings.limits.descriptors,
    settings.rights,
    names,
    streams,
    shared,
    terminals,
  )
  const opened = { beside: [], listeners, terminals }
  return guestWith(settings, verdict, sys, memory, fds, opened, layers?.random)
}

/** Makes those of the standard streams that are served here. */
function streamsOf(
  { stdio, terminalEscapes }: Settings,
  sys: Sys,
  memory: GuestMemory,
  terminals: Terminals,
): (index: number) => Descriptor {
  // One of each, as often as a guest renumbers it: its filter keeps text.
  const made: Descriptor[] = []
  return index => {
    made[index] ??= served(
      sys,
      memory,
      index,
      stdio[index] as Source | Sink,
      terminalEscapes,
      terminals,
    )
    return made[index]
  }
}

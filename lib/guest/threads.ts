/**
 * A guest that runs in other threads: its resources, opened in this thread, and its form in each of
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
import { openGuestSys, openSys } from '../sys/choose.js'
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

/** Resolves the lower directory of each overlay, for a guest that will run in another thread. */
export function layOverlays({ preopens, backend }: Settings): void {
  for (const given of preopens) {
    if (given.files !== undefined)
      opening(preopenNamed(given), () =>
        memfs.mount().layOver(mounted(given), () => openSys(backend)),
      )
  }
}

/** The shared state of a guest's threads. Passing it to another thread keeps it intact. */
export interface Sharing {
  readonly fds: SharedArrayBuffer
  readonly handles: number
  readonly listeners: readonly Listener[]
}

/**
 * Opens all resources of a guest with threads. Each thread then makes its own guest from the same
 * settings and this state. The files are closed after the last thread has closed them, and `close`
 * was called here.
 */
export function shareOf(settings: Settings): { readonly sharing: Sharing; close(): void } {
  if (settings.preopens.some(({ files, file }) => files !== undefined || file !== undefined)) {
    const message =
      'options.threads cannot be combined with files in memory or single files, which belong to one thread'
    throw coded(new Error(message), 'ERR_WASI_THREADS_UNAVAILABLE')
  }
  const sys = openGuestSys(settings.backend)
  const handles = sys.share()
  if (handles === undefined) {
    throw coded(
      new Error(
        `options.threads needs backend 'native': threads share open files, which '${sys.name}' cannot`,
      ),
      'ERR_WASI_THREADS_UNAVAILABLE',
    )
  }
  const names = settings.preopens.map(nameOf)
  const memory = new GuestMemory(sys, settings.limits)
  // This thread writes nothing to them: each thread makes its own terminals.
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

/** Returns the guest as one of its threads uses it. */
export function threadOf(
  settings: Settings,
  verdict: Verdict,
  { fds: shared, handles, listeners }: Sharing,
  terminals = new Terminals(),
): Guest {
  const host = openGuestSys(settings.backend, handles)
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

/** Makes the standard streams that the embedder provides in this thread. */
function streamsOf(
  { stdio, terminalEscapes }: Settings,
  sys: Sys,
  memory: GuestMemory,
  terminals: Terminals,
): (index: number) => Descriptor {
  // One stream of each, however often a guest renumbers it: its filter keeps text.
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

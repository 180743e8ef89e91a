/**
 * Costs that must not grow with what a host has open, lists or serves, as rows; and the calls that
 * should allocate nothing.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { call } from '../test/wasm.js'
import { listing } from './calls.js'
import { at, closing, Guest, ground, type Loop, opening, type Pace, Rights, time } from './guest.js'
import type { Open, Side } from './sides.js'

export interface Growth {
  readonly name: string
  /** The thing that grows from row to row. */
  readonly of: string
  readonly sizes: readonly number[]
  /** Sizes that take too long for a short run. */
  readonly fullOnly?: readonly number[]
  /** Nanoseconds a call, or an entry. */
  readonly measure: (open: Open, folder: string, size: number, pace: Pace) => number
  /** The row of floor.c that does the same below a folder for each size, where there is one. */
  readonly floor?: { readonly row: string; readonly folder: (size: number) => string }
  /** Sizes that a side does not get, and why. */
  readonly without?: (size: number, side: Side) => string | undefined
}
type Lap = (guest: Guest) => Loop

const reading: Lap = guest => ({
  turn: [call('fd_pread', guest.open('file'), ...guest.iov(64), 0n, at.result)],
  result: 64,
})
const asking: Lap = guest => ({ turn: [call('fd_fdstat_get', guest.open('file'), at.out)] })
const opens: Lap = guest => ({ turn: [opening(ground, guest.text(at.path, 'file')), closing()] })
const looking: Lap = guest => ({
  turn: [call('path_filestat_get', ground, 1, ...guest.text(at.path, 'file'), at.out)],
})

const described = (name: string, lap: Lap): Growth => ({
  name,
  of: 'open descriptors',
  sizes: [10, 10_000],
  measure: (open, folder, size, pace) => {
    const guest = new Guest(open, folder, { descriptors: size + 100 })
    for (let i = 0; i < size; i++) guest.open('file', Rights.read)
    return time(guest, lap(guest), pace)
  },
  without: size =>
    size + 200 > openFiles() ? `this machine lets a process open ${openFiles()} files` : undefined,
})
const crowded = (name: string, lap: Lap): Growth => ({
  name,
  of: 'live instances, in turn',
  sizes: [1, 1000],
  measure: (open, folder, size, pace) => {
    const loops = Array.from({ length: size }, () => {
      const guest = new Guest(open, folder, { pages: 1 })
      return guest.compile(lap(guest).turn)
    })
    const round = (): number => {
      const start = performance.now()
      const errnos = loops.reduce((sum, loop) => sum | loop(turns), 0)
      if (errnos !== 0) throw new Error(`the errnos are ${errnos} together`)
      return performance.now() - start
    }
    const turns = 100
    let passed = 0
    while (passed < pace.warm) passed += round()
    let made = 0
    for (passed = 0; passed < pace.timed; made += turns * size) passed += round()
    return (passed / made) * 1e6
  },
})
const remembered = (name: string, lap: Lap): Growth => ({
  name,
  of: 'pages of memory',
  sizes: [1, 65_536],
  measure: (open, folder, size, pace) => {
    const guest = new Guest(open, folder, { pages: size })
    return time(guest, lap(guest), pace)
  },
})

/** The directory of so many entries, beside the files that floor.c opens at its start. */
export const listed = (size: number): string => `of-${size}`

export const growths: readonly Growth[] = [
  described('fd_pread 64 B', reading),
  described('fd_fdstat_get', asking),
  described('path_open + fd_close', opens),
  crowded('fd_pread 64 B', reading),
  crowded('fd_fdstat_get', asking),
  remembered('fd_pread 64 B', reading),
  remembered('path_filestat_get', looking),
  {
    name: 'fd_readdir, an entry, 64 KiB',
    of: 'entries of a directory',
    sizes: [1000, 100_000, 1_000_000],
    fullOnly: [1_000_000],
    measure: (open, folder, size, pace) => {
      const guest = new Guest(open, folder)
      return time(guest, listing(guest, `${listed(size)}/entries`, 65_536), pace) / size
    },
    without: (size, side) =>
      size >= 1_000_000 && side === 'node:wasi'
        ? 'node:wasi opens the directory anew at each call, and would take minutes'
        : undefined,
    floor: { row: 'fd_readdir, an entry, 64 KiB', folder: listed },
  },
]

/** The hard limit, up to which Node raises its own. */
function openFiles(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files: { hard: number | 'unlimited' } }
  }
  const hard = userLimits?.open_files.hard ?? 'unlimited'
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : hard
}

const io =
  (name: 'fd_read' | 'fd_write'): Lap =>
  guest => {
    const fd = guest.fd('data')
    return { turn: [call(name, fd, ...guest.iov(64), at.result)], rewind: () => guest.rewind(fd) }
  }
/** The calls that should leave nothing to collect. */
export const lean: readonly { readonly name: string; readonly lap: Lap }[] = [
  { name: 'fd_read 64 B', lap: io('fd_read') },
  { name: 'fd_write 64 B', lap: io('fd_write') },
  { name: 'fd_pread 64 B', lap: reading },
  {
    name: 'fd_seek',
    lap: guest => ({ turn: [call('fd_seek', guest.fd('data'), 4096n, 0, at.out)] }),
  },
  { name: 'fd_tell', lap: guest => ({ turn: [call('fd_tell', guest.fd('data'), at.out)] }) },
  { name: 'fd_fdstat_get', lap: asking },
  {
    name: 'fd_filestat_get',
    lap: guest => ({ turn: [call('fd_filestat_get', guest.fd('file'), at.out)] }),
  },
  { name: 'clock_time_get', lap: () => ({ turn: [call('clock_time_get', 1, 1n, at.out)] }) },
  { name: 'random_get 16 B', lap: () => ({ turn: [call('random_get', at.buffer, 16)] }) },
  { name: 'path_filestat_get', lap: looking },
  { name: 'path_open + fd_close', lap: opens },
]

/**
 * Bytes of V8's heap that a turn leaves behind: the median over batches, so that a collection
 * within one does not matter.
 */
export function allocated(
  guest: Guest,
  { turn, rewind }: Loop,
  most: number,
  milliseconds: number,
): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const loop = guest.compile(turn)
  const turns = 10_000
  const run = (batch: number): void => {
    rewind?.()
    if (loop(batch) !== 0) throw new Error('a turn has failed')
  }
  const end = performance.now() + milliseconds
  for (let made = 0; made < most / 4 && performance.now() < end - milliseconds / 2; made += 100)
    run(100)
  const found: number[] = []
  for (let made = 0; made < most && (made === 0 || performance.now() < end); made += turns) {
    if (made % (10 * turns) === 0) collect()
    rewind?.()
    const before = process.memoryUsage().heapUsed
    loop(turns)
    found.push((process.memoryUsage().heapUsed - before) / turns)
  }
  found.sort((a, b) => a - b)
  return found[found.length >> 1]
}

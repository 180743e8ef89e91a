/**
 * Relays pipes that were given by number to a guest's process, which could open them again in the
 * other direction.
 */
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readlinkSync,
} from 'node:fs'
import { Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { AnyRunOptions } from '../options.js'

/** Streams in place of the descriptors of the host. */
export interface Relay {
  readonly streams: Pick<AnyRunOptions, 'stdin' | 'stdout' | 'stderr'>
  /** True if stderr is the pipe of stdout, so that the order of the writes to both counts. */
  readonly joined: boolean
  /** Ends them. Returns whether output was lost, which their readers did not take in time. */
  close(): boolean
}

/**
 * Makes a relay for those of a run's standard streams that are pipes or memfds, which Landlock has
 * no rules for. A guest that has escaped WebAssembly then has sockets, which nothing opens again by
 * /proc. Files and terminals are handed over as they are. The relay has descriptions of its own:
 * those that the host shares with other processes keep their O_NONBLOCK.
 * @see https://docs.kernel.org/userspace-api/landlock.html#special-filesystems
 */
export function relayOf(options: AnyRunOptions): Relay {
  const [stdin, stdout, stderr] = [options.stdin, options.stdout, options.stderr].map(
    (value, fd) => (value === 'inherit' ? fd : value),
  )
  const made: (Readable | Writable)[] = []
  const opened = <T>(value: T, reads: boolean): T | Duplex | Readable | Writable => {
    const stream = typeof value === 'number' ? streamOf(value, reads) : undefined
    if (stream === undefined) return value
    // An error after the last read and write needs no report.
    stream.on('error', () => {})
    made.push(stream)
    return stream
  }
  const joined = samePipe(stdout, stderr)
  const streams = {
    stdin: opened(stdin, true) as AnyRunOptions['stdin'],
    stdout: opened(stdout, false) as AnyRunOptions['stdout'],
    stderr: joined ? nothing : (opened(stderr, false) as AnyRunOptions['stderr']),
  }
  return {
    streams,
    joined,
    close() {
      const lost = made.some(stream => 'writableLength' in stream && stream.writableLength > 0)
      for (const stream of made) stream.destroy()
      return lost
    },
  }
}
const nothing = (): void => {}

function streamOf(fd: number, reads: boolean): Readable | Writable | undefined {
  switch (kindOf(fd)) {
    case 'pipe':
      return pipeOf(fd, reads)
    case 'memfd':
      // Its offset is that of the descriptor, and a read or write never waits.
      return reads
        ? createReadStream('', { fd, autoClose: false })
        : createWriteStream('', { fd, autoClose: false })
    default:
      return undefined
  }
}

function kindOf(fd: number): 'pipe' | 'memfd' | undefined {
  try {
    const stat = fstatSync(fd)
    if (stat.isFIFO()) return 'pipe'
    return stat.isFile() && stat.nlink === 0 && readlinkSync(named(fd)).startsWith('/memfd:')
      ? 'memfd'
      : undefined
  } catch {
    // The error is reported where it is opened for the guest.
    return undefined
  }
}
const named = (fd: number): string => `/proc/self/fd/${fd}`

function pipeOf(fd: number, reads: boolean): Socket | undefined {
  let own: number
  try {
    own = openSync(
      named(fd),
      (reads ? constants.O_RDONLY : constants.O_WRONLY) | constants.O_NONBLOCK,
    )
  } catch (error) {
    // A pipe of another user, which the guest's process cannot open either; and under Node's
    // permission model.
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') return undefined
    return new Socket().destroy()
  }
  try {
    return new Socket({ fd: own, readable: reads, writable: !reads })
  } catch (error) {
    closeSync(own)
    throw error
  }
}

function samePipe(stdout: unknown, stderr: unknown): boolean {
  if (
    typeof stdout !== 'number' ||
    typeof stderr !== 'number' ||
    kindOf(stdout) !== 'pipe' ||
    kindOf(stderr) !== 'pipe'
  )
    return false
  const [one, other] = [fstatSync(stdout, { bigint: true }), fstatSync(stderr, { bigint: true })]
  return one.dev === other.dev && one.ino === other.ino
}

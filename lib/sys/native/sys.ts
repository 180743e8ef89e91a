/** The host by way of the addon, native/addon.cc: one method for each call. */
import { Clockid } from '../../abi/values.js'
import { Block } from '../block.js'
import { type Answer, type Handle, type Sys, UNEXPECTED } from '../sys.js'
import { type Loaded, load } from './addon.js'
import { registerCalls } from './registers.js'
import { type Failure, systemError } from './system-error.js'

/** The calls that pass through the registers. */
type RegisterCall = Exclude<
  keyof Sys,
  | 'name'
  | 'block'
  | 'bind'
  | 'failure'
  | 'dispose'
  | 'share'
  | 'preopen'
  | 'adopt'
  | 'listen'
  | 'listening'
>

interface Addon extends Readonly<Record<RegisterCall, () => void>> {
  readonly registers: Float64Array
  /** The bytes of the block that the hosts without one of their own share. */
  readonly block: ArrayBuffer
  create(block: ArrayBuffer | undefined, walkOnly: boolean, shared: number): number
  share(host: number): number
  dispose(host: number): void
  bind(host: number, memory: Uint8Array): void
  /** Binds the memory again that was bound before the last one. */
  rebind(): void
  failure(host: number): Failure
  preopen(host: number, path: string): Answer
  adopt(host: number, fd: number): Answer
  listen(host: number, address: string, port: number): Answer
  listening(host: number, socket: Handle): [address: string, port: number] | undefined
  resolver(host: number): 'openat2' | 'walk'
  live(): number
  exit(code: number): void
  enlargeStack(bytes: number): boolean
}

/**
 * Variants of the backend for tests. Embedders cannot choose: every variant is the same sandbox.
 */
export interface NativeOptions {
  /** The number that `share()` of another thread returned, to share its handles. */
  shared?: number
  /** True to use the block that the guests of this thread share, and not one of its own. */
  together?: boolean
  /** The addon's file, instead of a search for it, for tests. */
  addon?: string
  /** The resolver, for tests: `walk` never leaves the resolution of paths to the kernel. */
  resolution?: 'auto' | 'walk'
}
export interface Native extends Sys {
  share(): number
  listen(address: string, port: number): Handle
  listening(socket: Handle): readonly [address: string, port: number]
  readonly name: 'native'
  /**
   * The resolver of paths: the kernel's openat2, or the walk in native/posix/. Known as soon as a
   * directory is open.
   */
  readonly resolver: 'openat2' | 'walk'
}

/**
 * The most nanoseconds that a thread stays in the kernel at once. In between, it can be terminated,
 * as a worker is by terminate().
 */
const patience = 50_000_000

/**
 * The monotonic clock by a fast call of V8, which the addon cannot make: two thirds of its time.
 * Only in Node on Linux is it known to be the clock that the addon reads (CLOCK_MONOTONIC); threads
 * of one guest compare their times.
 */
const { bun, deno } = process.versions
const monotonic =
  process.platform === 'linux' && (bun ?? deno) === undefined ? process.hrtime.bigint : undefined

/**
 * Returns the class over a loaded addon. The addon's functions are constants to its methods: V8
 * inlines constants, but would look up properties.
 */
function classOver(addon: Addon): new (options: Required<Omit<NativeOptions, 'addon'>>) => Native {
  const { ask1, ask2, ask3, ask4, ask5, ask6, ask7 } = registerCalls(addon.registers)
  const {
    close,
    readv,
    preadv,
    writev,
    writeText,
    pwritev,
    seek,
    identify,
    filestat,
    setSize,
    setTimes,
    allocate,
    advise,
    sync,
    datasync,
    setFlags,
    readdir,
    open,
    filestatAt,
    setTimesAt,
    mkdir,
    rmdir,
    unlink,
    readlink,
    symlink,
    link,
    rename,
    accept,
    recv,
    send,
    shutdown,
    poll,
    now,
    resolution,
    rebind,
  } = addon
  /**
   * An index that no host has. Calls after dispose() are thus refused, even if another host has
   * reused the old index.
   */
  const none = -1
  const common = new Block(addon.block)
  /** The resolution of each clock, fetched once: it does not change. */
  const resolutions: (bigint | undefined)[] = []
  /** Disposes of the hosts whose NativeSys was collected. */
  const forgotten = new FinalizationRegistry<number>(host => addon.dispose(host))

  // biome-ignore format: a call a line
  return class NativeSys implements Native {
    readonly name = 'native'
    readonly block: Block
    #host: number
    #bound: Uint8Array | undefined
    /** The memory before it, which the addon has kept. */
    #previous: Uint8Array | undefined

    constructor({ resolution, shared, together }: Required<Omit<NativeOptions, 'addon'>>) {
      this.block = together ? common : new Block()
      this.#host = addon.create(together ? undefined : this.block.buffer, resolution === 'walk', shared)
      if (this.#host === none) throw new Error('cannot share the files of a guest that was closed')
      forgotten.register(this, this.#host, this)
    }
    get resolver() { return addon.resolver(this.#host) }
    bind(memory: Uint8Array): void {
      if (this.#host === none) return
      // A component has two memories in turn: its own, and one of the host. The view of a detached
      // one is empty.
      if (memory === this.#previous && memory.length > 0) ask1(rebind, this.#host, 0)
      else addon.bind(this.#host, memory)
      this.#previous = this.#bound
      this.#bound = memory
    }
    failure(): Error { return systemError(addon.failure(this.#host)) }
    dispose(): void {
      if (this.#host === none) return
      forgotten.unregister(this)
      addon.dispose(this.#host)
      this.#host = none
    }
    share(): number { return addon.share(this.#host) }
    preopen(path: string): Handle { return this.#opened(addon.preopen(this.#host, path)) }
    adopt(fd: number): Handle { return this.#opened(addon.adopt(this.#host, fd)) }
    listen(address: string, port: number): Handle { return this.#opened(addon.listen(this.#host, address, port)) }
    listening(socket: Handle): readonly [address: string, port: number] {
      const where = addon.listening(this.#host, socket)
      if (where === undefined) throw this.failure()
      return where
    }
    #opened(answer: Answer): Handle {
      if (answer === UNEXPECTED) throw this.failure()
      return answer
    }

    close(file: Handle): Answer { return ask1(close, this.#host, file) }
    readv(file: Handle, spans: number): Answer { return ask2(readv, this.#host, file, spans) }
    preadv(file: Handle, spans: number, offset: number): Answer { return ask3(preadv, this.#host, file, spans, offset) }
    writev(file: Handle, spans: number): Answer {
      this.block.progress[0] = 0
      return ask2(writev, this.#host, file, spans)
    }
    writeText(file: Handle, length: number): Answer { return ask2(writeText, this.#host, file, length) }
    pwritev(file: Handle, spans: number, offset: number): Answer { return ask3(pwritev, this.#host, file, spans, offset) }
    seek(file: Handle, offset: number, whence: number): Answer { return ask3(seek, this.#host, file, offset, whence) }
    identify(file: Handle): Answer { return ask1(identify, this.#host, file) }
    filestat(file: Handle): Answer { return ask1(filestat, this.#host, file) }
    setSize(file: Handle, size: number): Answer { return ask2(setSize, this.#host, file, size) }
    setTimes(file: Handle, fstflags: number): Answer { return ask2(setTimes, this.#host, file, fstflags) }
    allocate(file: Handle, offset: number, length: number): Answer { return ask3(allocate, this.#host, file, offset, length) }
    advise(file: Handle, offset: number, length: number, advice: number): Answer { return ask4(advise, this.#host, file, offset, length, advice) }
    sync(file: Handle): Answer { return ask1(sync, this.#host, file) }
    datasync(file: Handle): Answer { return ask1(datasync, this.#host, file) }
    setFlags(file: Handle, fdflags: number): Answer { return ask2(setFlags, this.#host, file, fdflags) }
    readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer {
      this.block.cookie[0] = cookie
      return ask3(readdir, this.#host, dir, at, length)
    }
    open(dir: Handle, at: number, length: number, follow: number, oflags: number, fdflags: number, access: number): Answer { return ask7(open, this.#host, dir, at, length, follow, oflags, fdflags, access) }
    filestatAt(dir: Handle, at: number, length: number, follow: number): Answer { return ask4(filestatAt, this.#host, dir, at, length, follow) }
    setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer { return ask5(setTimesAt, this.#host, dir, at, length, follow, fstflags) }
    mkdir(dir: Handle, at: number, length: number): Answer { return ask3(mkdir, this.#host, dir, at, length) }
    rmdir(dir: Handle, at: number, length: number): Answer { return ask3(rmdir, this.#host, dir, at, length) }
    unlink(dir: Handle, at: number, length: number): Answer { return ask3(unlink, this.#host, dir, at, length) }
    readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer { return ask5(readlink, this.#host, dir, at, length, into, room) }
    symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer { return ask5(symlink, this.#host, target, targetLength, dir, at, length) }
    link(dir: Handle, at: number, length: number, follow: number, dir2: Handle, at2: number, length2: number): Answer { return ask7(link, this.#host, dir, at, length, follow, dir2, at2, length2) }
    rename(dir: Handle, at: number, length: number, dir2: Handle, at2: number, length2: number): Answer { return ask6(rename, this.#host, dir, at, length, dir2, at2, length2) }
    accept(socket: Handle, fdflags: number): Answer { return ask2(accept, this.#host, socket, fdflags) }
    recv(socket: Handle, spans: number, riflags: number): Answer {
      this.block.progress[0] = 0
      return ask3(recv, this.#host, socket, spans, riflags)
    }
    send(socket: Handle, spans: number, siflags: number): Answer {
      this.block.progress[0] = 0
      return ask3(send, this.#host, socket, spans, siflags)
    }
    shutdown(socket: Handle, sdflags: number): Answer { return ask2(shutdown, this.#host, socket, sdflags) }
    poll(count: number, timeout: number): Answer {
      // Most descriptors are ready at once, and then no clock is read.
      if (count > 0) {
        const ready = ask2(poll, this.#host, count, 0)
        if (ready !== 0 || timeout === 0) return ready
      }
      if (timeout <= patience) return ask2(poll, this.#host, count, timeout)
      const end = performance.now() * 1e6 + timeout
      for (let left = timeout; ; left = end - performance.now() * 1e6) {
        const ready = ask2(poll, this.#host, count, Math.min(Math.max(left, 0), patience))
        if (ready !== 0 || left <= patience) return ready
      }
    }
    now(clock: number): Answer {
      if (clock !== Clockid.MONOTONIC || monotonic === undefined || this.#host === none) return ask1(now, this.#host, clock)
      this.block.time[0] = monotonic()
      return 0
    }
    resolution(clock: number): Answer {
      const known = resolutions[clock]
      if (known === undefined) {
        const answer = ask1(resolution, this.#host, clock)
        if (answer === 0) resolutions[clock] = this.block.time[0]
        return answer
      }
      this.block.time[0] = known
      return 0
    }
  }
}

const classes = new Map<string, ReturnType<typeof classOver>>()
let loaded: Loaded<Addon> | undefined

/**
 * Opens a backend by the addon, or throws an error with code ERR_WASI_ADDON_UNAVAILABLE that lists
 * the files tried.
 */
export function openNative({
  addon = '',
  resolution = 'auto',
  shared = 0,
  together = false,
}: NativeOptions = {}): Native {
  const NativeSys = classes.get(addon) ?? opened(addon)
  return new NativeSys({ resolution, shared, together })
}
function opened(addon: string): ReturnType<typeof classOver> {
  loaded = load<Addon>(addon)
  const made = classOver(loaded.addon)
  classes.set(addon, made)
  return made
}

/** Returns the number of hosts by the addon in all threads of this process, for tests. */
export const liveHosts = (): number => loaded?.addon.live() ?? 0

/** Calls _exit(2), if an addon is loaded. */
export const endProcess = (code: number): void => loaded?.addon.exit(code)

/**
 * Gives the functions that the caller calls so many bytes of stack. Returns false where that cannot
 * be: in workers, and on systems other than Linux.
 */
export function enlargeStack(bytes: number): boolean {
  loaded ??= load<Addon>()
  return loaded.addon.enlargeStack(bytes)
}

/**
 * Returns the addon's file, and loads it to verify that it fits this machine. Other binaries for
 * this machine are next to it.
 */
export function addonFile(): string {
  loaded ??= load<Addon>()
  return loaded.file
}

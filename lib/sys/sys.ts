/** The one interface to a host. */
import type { Block } from './block.js'

/** A host object: an open file, directory or socket. Only the Sys that gave it out can read it. */
export type Handle = number
/**
 * Zero or more on success; `-Errno` for an error that the guest may see; UNEXPECTED for any other,
 * told by `failure()`.
 */
export type Answer = number
export const UNEXPECTED = -0x10000
/**
 * As much as one call reads or writes: the kernel's own limit (read(2)), which a guest's i32 can
 * hold.
 */
export const maxTransfer = 0x7ffff000
/**
 * The largest size of a file, and so the last offset, since numbers are exact that far. Reading
 * from there on finds the end of the file, growing it further is FBIG, and seeking further is
 * INVAL.
 */
export const maxSize = Number.MAX_SAFE_INTEGER

/**
 * All that the hostcalls ask of the host. `native` and `typescript` are the backends; `memory`
 * serves files that lie in memory, beside one of them. Another must only pass test/sys.
 *
 * `(dir, at, length)` names a file: a directory handle, and a path in guest memory whose bounds are
 * already checked. The path is copied once and only the copy is looked at, since another thread of
 * the guest may change it. It is resolved beneath the directory: absolute paths and `..` above it
 * answer NOTCAPABLE, an empty path NOENT, a NUL in it INVAL, more than `maxLinks` links LOOP, more
 * than `maxPath` bytes NAMETOOLONG. Offsets, lengths and sizes are whole numbers from 0 to 2^53,
 * which stands for everything beyond `maxSize`. `follow` is 1 to follow a link in the last place; a
 * trailing slash follows it always, and wants a directory there.
 */
export interface Sys {
  readonly name: 'native' | 'typescript' | 'memfs'
  readonly block: Block
  /** Binds guest memory. Called again whenever it moved or grew. */
  bind(memory: Uint8Array): void
  /**
   * The last UNEXPECTED: an Error with `syscall`, `errno`, `code` and, where there is one, `path`.
   */
  failure(): Error
  /**
   * Close every handle that is open, unless another thread's Sys has it too. No call may follow.
   */
  dispose(): void
  /**
   * A number by which a Sys in another thread, made with it, has the same handles. From now on no
   * handle is ever used again for another file. Undefined where a backend cannot do that.
   */
  share(): number | undefined

  // The embedder's calls: what goes wrong is thrown, as an Error with `code`, `syscall`, `path`.

  /**
   * Open a directory of the host for a guest, by the host's own rules. NOTDIR for what is none.
   * Fills `opened`.
   */
  preopen(path: string): Handle
  /**
   * Take in a descriptor of the host (stdio, a listening socket), which `close` leaves open, and
   * whose offset and flags stay the host's: `setFlags` changes NONBLOCK alone, for the guest. Fills
   * `opened`.
   */
  adopt(fd: number): Handle
  /**
   * Open a socket that listens at a numeric address; at port 0, at any that is free. Fills
   * `opened`. Undefined where a backend cannot accept connections.
   */
  listen(address: string, port: number): Handle | undefined
  /**
   * The address on which a socket listens: none, and port 0, unless it is an internet socket.
   * NOTSOCK, or INVAL, for a socket that does not listen.
   */
  listening(socket: Handle): readonly [address: string, port: number] | undefined

  // On an open file.

  close(file: Handle): Answer
  /** Bytes read; 0 at the end of file. The spans are the first of `block.spans`. */
  readv(file: Handle, spans: number): Answer
  preadv(file: Handle, spans: number, offset: number): Answer
  /** Bytes written. */
  writev(file: Handle, spans: number): Answer
  /** Writes the first `length` bytes of `block.text`. */
  writeText(file: Handle, length: number): Answer
  pwritev(file: Handle, spans: number, offset: number): Answer
  /** The new offset. `whence` as the specification numbers it: set, cur, end. */
  seek(file: Handle, offset: number, whence: number): Answer
  /** Fills `opened`. */
  identify(file: Handle): Answer
  /** Fills `record` with a filestat. */
  filestat(file: Handle): Answer
  setSize(file: Handle, size: number): Answer
  /** Sets what `fstflags` names, to `block.times` or to now. */
  setTimes(file: Handle, fstflags: number): Answer
  allocate(file: Handle, offset: number, length: number): Answer
  advise(file: Handle, offset: number, length: number, advice: number): Answer
  sync(file: Handle): Answer
  datasync(file: Handle): Answer
  /**
   * Sets append and nonblock as far as the host can change them on an open file; NOTSUP otherwise,
   * and for other sync flags than it was opened with.
   */
  setFlags(file: Handle, fdflags: number): Answer
  /**
   * Writes dirents from `cookie` on (0 is the start) into guest memory, the last one cut where the
   * room ends. Bytes written: less than `length` only at the end of the directory. `.` and `..` are
   * listed.
   */
  readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer

  // On a path below a directory.

  /**
   * A new handle; `opened` says what it is, or NOT_ASKED, until `identify` is called: most files
   * are only read, and closed. `access` has bits of Access; a directory to write is ISDIR. With
   * UNCHANGED nothing is made, and the path is resolved as for CREAT all the same. Never waits for
   * the other end of a FIFO.
   */
  open(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    oflags: number,
    fdflags: number,
    access: number,
  ): Answer
  filestatAt(dir: Handle, at: number, length: number, follow: number): Answer
  setTimesAt(dir: Handle, at: number, length: number, follow: number, fstflags: number): Answer
  mkdir(dir: Handle, at: number, length: number): Answer
  rmdir(dir: Handle, at: number, length: number): Answer
  /** ISDIR for a directory. */
  unlink(dir: Handle, at: number, length: number): Answer
  /** Bytes of the link's target written to `into`, which are cut to `room`. */
  readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer
  /** The target is stored as it is, but an absolute one is refused with NOTCAPABLE. */
  symlink(target: number, targetLength: number, dir: Handle, at: number, length: number): Answer
  link(
    dir: Handle,
    at: number,
    length: number,
    follow: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer
  rename(
    dir: Handle,
    at: number,
    length: number,
    dir2: Handle,
    at2: number,
    length2: number,
  ): Answer

  // On a socket; NOTSOCK for everything else.

  /** A new handle for the next connection; `opened` says what it is. */
  accept(socket: Handle, fdflags: number): Answer
  /** Bytes received; `block.second` has the roflags. */
  recv(socket: Handle, spans: number, riflags: number): Answer
  send(socket: Handle, spans: number, siflags: number): Answer
  /** `sdflags`: 1 receiving, 2 sending. */
  shutdown(socket: Handle, sdflags: number): Answer

  // Waiting and clocks.

  /**
   * Wait for the first `count` of `block.pollHandles`, at most `timeout` nanoseconds (Infinity: for
   * ever). How many are ready. A handle that was not opened for the direction it is polled for is
   * ready at once, with the outcome BADF.
   */
  poll(count: number, timeout: number): Answer
  /**
   * Fills `time`. `clock` as the specification numbers it: realtime, monotonic, process and thread
   * CPU time.
   */
  now(clock: number): Answer
  resolution(clock: number): Answer
}

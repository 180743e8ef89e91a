/** The one interface to a host. */
import type { Block } from './block.js'

/**
 * A host handle: an open file, directory or socket. It is valid only with the Sys that returned it.
 */
export type Handle = number
/**
 * Zero or more on success; `-Errno` for an error that the guest may see; UNEXPECTED for any other,
 * which `failure()` returns.
 */
export type Answer = number
export const UNEXPECTED = -0x10000
/**
 * The most bytes that one call reads or writes: the kernel's limit, which fits a guest's i32. See
 * NOTES in https://man7.org/linux/man-pages/man2/read.2.html.
 */
export const maxTransfer = 0x7ffff000
/**
 * The largest size of a file, and thus the last offset, since numbers are exact up to there.
 * Reading from there on finds the end of the file; growing the file further is FBIG, and seeking
 * further is INVAL.
 */
export const maxSize = Number.MAX_SAFE_INTEGER

/**
 * The interface of everything that the hostcalls need of a host. `native` and `typescript` are the
 * backends; `memory` provides files in memory, together with one of them. Another backend must only
 * pass test/sys.
 *
 * `(dir, at, length)` names a file: a directory handle, and a path in guest memory with checked
 * bounds. The path is copied once and only the copy is used, since another thread of the guest may
 * change it. It is resolved beneath the directory. Absolute paths and `..` above the directory are
 * NOTCAPABLE, an empty path NOENT, a NUL in it INVAL. More than `maxLinks` symlinks are LOOP, more
 * than `maxPath` bytes NAMETOOLONG. Offsets, lengths and sizes are whole numbers from 0 to 2^53,
 * which represents every value beyond `maxSize`. `follow` is 1 to follow a final symlink; a
 * trailing slash always follows it, and requires a directory.
 */
export interface Sys {
  readonly name: 'native' | 'typescript' | 'memfs'
  readonly block: Block
  /** Binds guest memory. Called again whenever the memory has moved or grown. */
  bind(memory: Uint8Array): void
  /**
   * Returns the last UNEXPECTED: an Error with `syscall`, `errno`, `code` and, where there is one,
   * `path`.
   */
  failure(): Error
  /** Closes every open handle that no other thread's Sys shares. No call may follow. */
  dispose(): void
  /**
   * Returns a number with which another thread makes a Sys that shares these handles. From then on
   * no handle is ever reused for another file. Undefined if the backend does not support that.
   */
  share(): number | undefined

  // The embedder's calls: their errors are thrown, as an Error with `code`, `syscall`, `path`.

  /**
   * Opens a directory of the host for a guest, by the host's own rules. NOTDIR for anything else.
   * Fills `opened`.
   */
  preopen(path: string): Handle
  /**
   * Adopts a host descriptor (stdio, a listening socket), which `close` leaves open. Its offset and
   * flags stay the host's: `setFlags` changes only NONBLOCK, for the guest only. Fills `opened`.
   */
  adopt(fd: number): Handle
  /**
   * Opens a socket that listens at a numeric address; port 0 selects a free one. Fills `opened`.
   * Undefined if the backend cannot accept connections.
   */
  listen(address: string, port: number): Handle | undefined
  /**
   * Returns the address on which a socket listens; empty, and port 0, unless it is an internet
   * socket. NOTSOCK, or INVAL for a socket that does not listen.
   */
  listening(socket: Handle): readonly [address: string, port: number] | undefined

  // Calls on an open file.

  close(file: Handle): Answer
  /**
   * Returns the bytes read; 0 at the end of the file. The spans are the first `spans` of
   * `block.spans`.
   */
  readv(file: Handle, spans: number): Answer
  preadv(file: Handle, spans: number, offset: number): Answer
  /** Returns the bytes written. */
  writev(file: Handle, spans: number): Answer
  /** Writes the first `length` bytes of `block.text`. */
  writeText(file: Handle, length: number): Answer
  pwritev(file: Handle, spans: number, offset: number): Answer
  /** Returns the new offset. `whence` as the specification numbers it: set, cur, end. */
  seek(file: Handle, offset: number, whence: number): Answer
  /** Fills `opened`. */
  identify(file: Handle): Answer
  /** Fills `record` with a filestat. */
  filestat(file: Handle): Answer
  setSize(file: Handle, size: number): Answer
  /** Sets the times that `fstflags` names, to `block.times` or to now. */
  setTimes(file: Handle, fstflags: number): Answer
  allocate(file: Handle, offset: number, length: number): Answer
  advise(file: Handle, offset: number, length: number, advice: number): Answer
  sync(file: Handle): Answer
  datasync(file: Handle): Answer
  /**
   * Sets append and nonblock as far as the host can change them on an open file; NOTSUP otherwise,
   * and for sync flags other than those at its opening.
   */
  setFlags(file: Handle, fdflags: number): Answer
  /**
   * Writes dirents from `cookie` on (0 is the start) into guest memory, the last one cut at the end
   * of the buffer. `.` and `..` are included. Returns the bytes written: less than `length` only at
   * the end of the directory.
   */
  readdir(dir: Handle, cookie: bigint, at: number, length: number): Answer

  // Calls on a path relative to a directory.

  /**
   * Returns a new handle. `opened` has its type, or NOT_ASKED until `identify` is called: most
   * files are only read, and closed. `access` has bits of Access; a directory opened for writing is
   * ISDIR. UNCHANGED creates nothing, but resolves the path as CREAT does. Never waits for the
   * other end of a FIFO.
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
  /** Removes a name; ISDIR for a directory. */
  unlink(dir: Handle, at: number, length: number): Answer
  /** Writes the link's target to `into`, cut to `room` bytes. Returns the bytes written. */
  readlink(dir: Handle, at: number, length: number, into: number, room: number): Answer
  /**
   * Makes a symlink. The target is stored as it is, but an absolute one is refused with NOTCAPABLE.
   */
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

  // Calls on a socket; NOTSOCK for anything else.

  /** Returns a new handle for the next connection. Fills `opened`. */
  accept(socket: Handle, fdflags: number): Answer
  /** Returns the bytes received. Fills `block.second` with the roflags. */
  recv(socket: Handle, spans: number, riflags: number): Answer
  send(socket: Handle, spans: number, siflags: number): Answer
  /** `sdflags`: 1 receiving, 2 sending. */
  shutdown(socket: Handle, sdflags: number): Answer

  // Waiting and clocks.

  /**
   * Waits for the first `count` of `block.pollHandles`, at most `timeout` nanoseconds (Infinity: no
   * limit). Returns the number of ready ones. A handle that was not opened for the polled direction
   * is ready at once, with the outcome BADF.
   */
  poll(count: number, timeout: number): Answer
  /**
   * Fills `time`. `clock` as the specification numbers it: realtime, monotonic, process and thread
   * CPU time.
   */
  now(clock: number): Answer
  resolution(clock: number): Answer
}

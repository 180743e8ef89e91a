/**
 * The descriptors of a guest with threads: records in shared memory, from which each thread makes
 * its own descriptors.
 */
import { Errno } from '../abi/errno.js'
import type { Rights } from '../abi/rights.js'
import type { GuestMemory } from '../memory.js'
import { Terminals } from '../stdio/terminals.js'
import type { Answer, Handle, Sys } from '../sys/sys.js'
import type { Descriptor } from './descriptor.js'
import { hostDescriptor } from './directory.js'
import type { HostFile } from './file.js'
import { Mutex } from './mutex.js'
import { OneWay, oneWay, Way } from './oneway.js'
import { ReadOnly } from './readonly.js'
import type { RightsMode } from './rights.js'
import { streamAt } from './stream-handle.js'
import { FdTable, type Found } from './table.js'
import { PlainTerminal } from './terminal.js'

/** The words of a record. Kind 0 marks a free number. No handle is ever reused. */
const Word = Object.freeze({
  KIND: 0,
  HANDLE: 1,
  HANDLE_HIGH: 2,
  FILETYPE: 3,
  FDFLAGS: 4,
  FITTING: 5,
  BASE: 6,
  INHERITING: 7,
  WAY: 8,
  PREOPEN: 9,
})
const size = 10
const Kind = Object.freeze({ FREE: 0, HOST: 1, READ_ONLY: 2, PLAIN_TERMINAL: 3, STREAM: 4 })
/**
 * The words before the records. No number below LOWEST is free. TERMINAL is the lock of writes to
 * filtered terminals.
 */
const Head = Object.freeze({ LOCK: 0, LOWEST: 1, TERMINAL: 2 })
const head = 3
const high = 0x1_0000_0000

const empty = (limit: number): SharedArrayBuffer => new SharedArrayBuffer(4 * (head + limit * size))

/**
 * A descriptor table for several threads: each has an object of this class over the same memory,
 * and a Sys with the same handles. Another thread may close a descriptor that this one has just
 * looked up. Its handle is then BADF, since no handle is reused.
 */
export class SharedFds extends FdTable {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #lock: Mutex
  readonly #terminalLock: Mutex
  readonly #terminals: Terminals
  readonly #limit: number
  readonly #sys: Sys
  readonly #memory: GuestMemory
  /** The names of the preopens; a record refers to one by its index. */
  readonly #names: readonly Uint8Array[]
  /** Makes a standard stream that has no host descriptor. */
  readonly #stream: (index: number) => Descriptor
  /** The descriptors that this thread made from the records. */
  readonly #made: Descriptor[] = []
  readonly #madeTerminals = new Map<Handle, PlainTerminal>()

  /**
   * @param shared the `memory` of another thread's table; without it the table is new and has
   * `limit` descriptors
   * @param terminals receives the filtered terminals that this thread writes to
   */
  constructor(
    sys: Sys,
    memory: GuestMemory,
    limit: number,
    rights: RightsMode,
    names: readonly Uint8Array[],
    stream: (index: number) => Descriptor,
    shared = empty(limit),
    terminals = new Terminals(),
  ) {
    super(rights)
    this.#stream = stream
    this.memory = shared
    this.#words = new Int32Array(shared)
    this.#lock = new Mutex(this.#words, Head.LOCK)
    this.#terminalLock = new Mutex(this.#words, Head.TERMINAL)
    this.#terminals = terminals
    this.#limit = limit
    this.#sys = sys
    this.#memory = memory
    this.#names = names
  }

  /**
   * Returns the descriptor, which is never lazy: a backend with shared handles fetches a file's
   * type while opening it.
   */
  protected find(fd: number): Found {
    return this.#locked(() => this.#open(fd))
  }

  peek(fd: number): Descriptor | undefined {
    return fd < this.#limit ? this.#locked(() => this.#find(fd)) : undefined
  }

  reserve(): Answer {
    return this.#locked(() => Math.min(0, this.#lowest()))
  }

  insert(descriptor: Descriptor): Answer {
    let fd: Answer = -Errno.MFILE
    try {
      this.#locked(() => {
        const lowest = this.#lowest()
        if (lowest >= 0) this.#record(lowest, descriptor)
        this.inserted = descriptor.handle
        fd = lowest
      })
    } finally {
      if (fd < 0) descriptor.close()
    }
    return fd
  }

  remove(fd: number): Found {
    return this.#locked(() => {
      const removed = this.#open(fd)
      if (typeof removed !== 'number') this.#free(fd)
      return removed
    })
  }

  renumber(from: number, to: number): Found {
    return this.#locked(() => {
      const moved = this.#open(from)
      if (typeof moved === 'number') return moved
      const replaced = this.#open(to)
      if (typeof replaced === 'number') return replaced
      if (from === to) return 0
      const record = head + from * size
      this.#write(to, this.#words.slice(record, record + size))
      this.#free(from)
      return replaced
    })
  }

  narrow(fd: number, base: Rights, inheriting: Rights): Answer {
    return this.#locked(() => {
      const descriptor = this.#open(fd)
      if (typeof descriptor === 'number') return descriptor
      if ((base & ~descriptor.base) !== 0 || (inheriting & ~descriptor.inheriting) !== 0)
        return this.notHeld(fd, descriptor, base, inheriting)
      this.#words[head + fd * size + Word.BASE] = this.narrowed(descriptor.base, base)
      this.#words[head + fd * size + Word.INHERITING] = this.narrowed(
        descriptor.inheriting,
        inheriting,
      )
      return 0
    })
  }

  keepFlags(fd: number, descriptor: Descriptor, fdflags: number): void {
    this.#locked(() => {
      // Keeps the flags unless another thread has replaced the descriptor meanwhile.
      if (this.#find(fd) === descriptor) this.#words[head + fd * size + Word.FDFLAGS] = fdflags
    })
  }

  #open(fd: number): Found {
    return (fd < this.#limit ? this.#find(fd) : undefined) ?? -Errno.BADF
  }

  /** Returns the lowest free number, or MFILE. */
  #lowest(): Answer {
    const words = this.#words
    for (let fd = words[Head.LOWEST]; fd < this.#limit; fd++) {
      words[Head.LOWEST] = fd
      if (this.#handle(head + fd * size) < 0) return fd
    }
    return -Errno.MFILE
  }

  #free(fd: number): void {
    this.#words.fill(0, head + fd * size, head + (fd + 1) * size)
    if (fd < this.#words[Head.LOWEST]) this.#words[Head.LOWEST] = fd
  }

  #find(fd: number): Descriptor | undefined {
    const words = this.#words
    const record = head + fd * size
    const handle = this.#handle(record)
    if (handle < 0) return undefined
    if (this.#made[fd]?.handle !== handle)
      this.#made[fd] = oneWay(words[record + Word.WAY], this.#make(record, handle))
    const made = this.#made[fd]
    made.fdflags = words[record + Word.FDFLAGS]
    made.base = words[record + Word.BASE]
    made.inheriting = words[record + Word.INHERITING]
    return made
  }

  /** Returns the handle in a record; -1 where it is free. */
  #handle(record: number): Handle {
    const words = this.#words
    if (words[record + Word.KIND] === Kind.FREE) return -1
    return (words[record + Word.HANDLE] >>> 0) + words[record + Word.HANDLE_HIGH] * high
  }

  /** Makes the descriptor of a record, still in both directions. */
  #make(record: number, handle: Handle): Descriptor {
    const words = this.#words
    if (words[record + Word.KIND] === Kind.STREAM) return this.#stream(streamAt(handle) as number)
    const file = hostDescriptor(this.#sys, handle, {
      filetype: words[record + Word.FILETYPE],
      fdflags: words[record + Word.FDFLAGS],
      fitting: words[record + Word.FITTING],
      base: words[record + Word.BASE],
      inheriting: words[record + Word.INHERITING],
    })
    file.preopen = this.#names[words[record + Word.PREOPEN]]
    switch (words[record + Word.KIND]) {
      case Kind.READ_ONLY:
        return new ReadOnly(file, this.#memory)
      case Kind.PLAIN_TERMINAL:
        return this.#terminal(file)
      default:
        return file
    }
  }

  /**
   * Returns the terminal of a handle, one for each: its filter keeps text, and a guest may renumber
   * it repeatedly.
   */
  #terminal(file: HostFile): PlainTerminal {
    const made = this.#madeTerminals.get(file.handle)
    if (made !== undefined) return made
    const terminal = new PlainTerminal(file, this.#memory, this.#terminals, this.#terminalLock)
    this.#madeTerminals.set(file.handle, terminal)
    return terminal
  }

  #record(fd: number, descriptor: Descriptor): void {
    const { handle, filetype, fdflags, fitting, base, inheriting, preopen } = descriptor
    const record = new Int32Array(size)
    record[Word.KIND] = kindOf(descriptor instanceof OneWay ? descriptor.behind : descriptor)
    record[Word.HANDLE] = handle
    record[Word.HANDLE_HIGH] = Math.floor(handle / high)
    record[Word.FILETYPE] = filetype
    record[Word.FDFLAGS] = fdflags
    record[Word.FITTING] = fitting
    record[Word.BASE] = base
    record[Word.INHERITING] = inheriting
    record[Word.WAY] = descriptor instanceof OneWay ? descriptor.way : Way.BOTH
    record[Word.PREOPEN] = preopen === undefined ? -1 : this.#names.indexOf(preopen)
    this.#write(fd, record)
  }

  /**
   * Writes a record: its kind is cleared first and set last. A thread may be terminated between any
   * two words. A record without a kind is free; a half-written one could expose another
   * descriptor's file or rights.
   */
  #write(fd: number, record: Int32Array): void {
    const at = head + fd * size
    this.#words.fill(Kind.FREE, at, at + 1)
    this.#words.set(record.subarray(1), at + 1)
    this.#words.set(record.subarray(0, 1), at)
  }

  #locked<T>(act: () => T): T {
    return this.#lock.locked(act)
  }
}

function kindOf(descriptor: Descriptor): number {
  if (streamAt(descriptor.handle) !== undefined) return Kind.STREAM
  if (descriptor.readOnly) return Kind.READ_ONLY
  return descriptor instanceof PlainTerminal ? Kind.PLAIN_TERMINAL : Kind.HOST
}

/**
 * The descriptors of a guest with threads: records in shared memory, of which each thread makes
 * descriptors of its own.
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
import { streamAt } from './stream.js'
import { FdTable, type Found } from './table.js'
import { PlainTerminal } from './terminal.js'

/** The words of a record. A kind of 0 is a number that is free. No handle comes twice. */
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
 * A table for several threads, each of which has an object of this class over the same memory and a
 * Sys with the same handles. What a thread has just looked up another one may close: its handle
 * then answers BADF, since none is used twice.
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
  /** Names of the directories opened beforehand, which a record has by its place in the list. */
  readonly #names: readonly Uint8Array[]
  /** Makes one of the standard streams that no host has. */
  readonly #stream: (index: number) => Descriptor
  /** The descriptors that this thread made of the records. */
  readonly #made: Descriptor[] = []
  readonly #madeTerminals = new Map<Handle, PlainTerminal>()

  /**
   * @param shared the `memory` of another thread's; without it the table is a new one, of `limit`
   * descriptors.
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
   * None is lazy: a backend whose handles are shared asks the host what a file is while it opens
   * it.
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
      // Unless another thread has put another descriptor there meanwhile.
      if (this.#find(fd) === descriptor) this.#words[head + fd * size + Word.FDFLAGS] = fdflags
    })
  }

  #open(fd: number): Found {
    return (fd < this.#limit ? this.#find(fd) : undefined) ?? -Errno.BADF
  }

  /** The lowest number that is free, or MFILE. */
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

  /** The handle in a record; -1 where it is free. */
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

  /** One of each handle: its filter keeps text, and a guest may renumber it as often as it likes. */
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
   * The kind goes first and comes last. A thread may be ended between any two words, and a record
   * of no kind is free, while one that is half of another would be a stranger's file, or its
   * rights.
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

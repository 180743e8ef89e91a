/**
 * The guest's linear memory: views, growth, bounds. Here and in abi/layout.ts alone its byte order
 * is known.
 */
import { types } from 'node:util'
import { Errno } from './abi/errno.js'
import { Iovec, setSize64 } from './abi/layout.js'
import { coded, refuse } from './errors.js'
import type { Limits } from './limits.js'
import { maxTransfer, type Sys } from './sys/sys.js'

/**
 * The shape of a guest's memory: WebAssembly.Memory, or a substitute for it in another embedder.
 */
export interface MemoryLike {
  /** The bytes, from the guest's address 0 on. */
  readonly buffer: ArrayBufferLike
}

/**
 * The guest's linear memory. A memory that is not shared cannot move while the host runs, and its
 * views are detached when it grew: so a look at their length before a call tells whether to make
 * new ones. A shared memory never moves, but another thread may have grown it: so a check that
 * fails reads its size once more before it refuses.
 */
export class GuestMemory {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Bytes that the views reach. */
  size = 0
  /** Looks up where the memory lies now. */
  #read: (() => ArrayBufferLike) | undefined
  readonly #sys: Sys
  /** Others that serve the guest beside it: files in memory. */
  readonly #beside: Pick<Sys, 'bind'>[] = []
  readonly #limits: Limits
  constructor(sys: Sys, limits: Limits) {
    this.#sys = sys
    this.#limits = limits
  }

  /**
   * Binds guest memory. If it has no bytes to look at (its buffer is detached), all stays as it
   * was.
   */
  bind(memory: MemoryLike): void {
    const read = reader(memory)
    this.#attach(read)
    this.#read = read
  }

  /** Tell this one, too, where the memory is, whenever that changes. */
  serve(sys: Pick<Sys, 'bind'>): void {
    this.#beside.push(sys)
    sys.bind(this.bytes)
  }

  /** True once the memory is known. */
  get bound(): boolean {
    return this.#read !== undefined
  }

  /**
   * Make the views anew if the memory grew. Whoever called out to code that may run the guest calls
   * this after it.
   */
  refresh(): void {
    if (this.bytes.length === 0) this.#attach()
  }

  /**
   * Calls `act` while the hosts see `scratch` in place of guest memory, for paths that no guest
   * wrote. The views are emptied first: should the guest's stack end before they are made anew, the
   * next hostcall makes them.
   */
  lend<T>(scratch: Uint8Array, act: () => T): T {
    this.bytes = new Uint8Array(0)
    try {
      this.#bindAll(scratch)
      return act()
    } finally {
      this.#attach()
    }
  }

  #attach(read = this.#read): void {
    if (read === undefined) throw new NotStarted()
    const buffer = read()
    const bytes = new Uint8Array(buffer)
    const view = new DataView(buffer)
    // The stack may end in this call: then the views stay as they were, and are made anew later.
    this.#bindAll(bytes)
    this.bytes = bytes
    this.view = view
    this.size = bytes.length
  }

  #bindAll(bytes: Uint8Array): void {
    this.#sys.bind(bytes)
    for (const sys of this.#beside) sys.bind(bytes)
  }

  /** Refuse with FAULT what does not lie wholly inside the memory. */
  check(at: number, length: number): void {
    if (at + length > this.size) this.#recheck(at + length)
  }

  #recheck(end: number): void {
    if (this.#read !== undefined && this.#read().byteLength !== this.size) this.#attach()
    if (end > this.size) refuse(Errno.FAULT)
  }

  /** The same for a path; NAMETOOLONG for one that is too long. */
  checkPath(at: number, length: number): void {
    this.check(at, length)
    if (length > this.#limits.pathBytes) refuse(Errno.NAMETOOLONG)
  }

  /**
   * Decode an array of iovecs into the host's spans; how many there are. Each is read once and only
   * the copy is used. Empty ones are left out, and all beyond what one call can take, in number and
   * in bytes: the call is then a short one. `tooMany` refuses it instead, for what cannot be moved
   * in part.
   */
  spans(at: number, count: number, tooMany: Errno = Errno.SUCCESS): number {
    const most = this.#limits.iovecs
    if (count > most && tooMany !== Errno.SUCCESS) refuse(tooMany)
    this.check(at, count * Iovec.BYTES)
    const { spans } = this.#sys.block
    let used = 0
    let room = maxTransfer
    for (let i = 0; i < count; i++, at += Iovec.BYTES) {
      // Without any bytes to move the call would tell of the end of the file.
      if (i >= most && used > 0) break
      const start = this.view.getUint32(at + Iovec.BUF, true)
      const length = this.view.getUint32(at + Iovec.BUF_LEN, true)
      this.check(start, length)
      if (length === 0 || room === 0) continue
      spans[2 * used] = start
      spans[2 * used + 1] = Math.min(length, room)
      room -= spans[2 * used + 1]
      used++
    }
    return used
  }

  /** A copy of guest bytes that no thread of the guest can change any more. */
  copy(at: number, length: number): Uint8Array {
    this.check(at, length)
    return this.bytes.slice(at, at + length)
  }

  /** The same into a buffer of the host: a whole number of words. */
  copyInto(buffer: DataView, at: number, length: number): void {
    this.check(at, length)
    for (let i = 0; i < length; i += 4) buffer.setInt32(i, this.view.getInt32(at + i, true), true)
  }

  /** Put bytes of the host where the guest wants them. */
  write(at: number, bytes: Uint8Array): void {
    this.check(at, bytes.length)
    this.bytes.set(bytes, at)
  }

  setUint32(at: number, value: number): void {
    this.view.setUint32(at, value, true)
  }

  /** A u64 below 2^53. */
  setSize64(at: number, value: number): void {
    setSize64(this.view, at, value)
  }

  getUint16(at: number): number {
    return this.view.getUint16(at, true)
  }
  getUint32(at: number): number {
    return this.view.getUint32(at, true)
  }
  getUint64(at: number): bigint {
    return this.view.getBigUint64(at, true)
  }
}

/**
 * A hostcall was made before the guest's memory was known. It is the embedder's mistake, so it goes
 * up to him.
 */
export class NotStarted extends Error {
  readonly code = 'ERR_WASI_NOT_STARTED'
  constructor() {
    super('wasi.start() has not been called')
  }
}

/**
 * Returns the buffer of a WebAssembly.Memory of any realm, by the getter of its prototype, and
 * undefined for anything else. A process without WebAssembly (`node --jitless`) has no such
 * memories.
 */
const bufferOf: (memory: unknown) => ArrayBufferLike | undefined =
  typeof WebAssembly === 'undefined' ? () => undefined : getterOf(WebAssembly.Memory.prototype)

function getterOf(prototype: object): (memory: unknown) => ArrayBufferLike | undefined {
  const { get } = Object.getOwnPropertyDescriptor(prototype, 'buffer') as {
    get(this: unknown): ArrayBufferLike
  }
  return memory => {
    try {
      return get.call(memory)
    } catch {
      return undefined
    }
  }
}

/** Recognizes memories of all realms, such as those of node:vm, for which `instanceof` is false. */
export const isWasmMemory = (memory: unknown): memory is MemoryLike =>
  bufferOf(memory) !== undefined

/**
 * A buffer that can shrink would take pages from under a running host; WebAssembly's own can only
 * grow.
 */
const isWhole = (buffer: unknown): buffer is ArrayBufferLike =>
  types.isSharedArrayBuffer(buffer) || (types.isArrayBuffer(buffer) && !buffer.resizable)

/**
 * Reads the guest's own buffer of a memory of WebAssembly, whatever property of that name was put
 * over it.
 */
function reader(memory: MemoryLike): () => ArrayBufferLike {
  if (isWasmMemory(memory)) return () => bufferOf(memory) as ArrayBufferLike
  return () => {
    const { buffer } = memory
    // An embedder's own object may have another buffer by now.
    return isWhole(buffer) ? buffer : refuse(Errno.FAULT)
  }
}

/** Says if this is a substitute for a memory. A buffer that is detached throws here. */
function isLikeMemory({ buffer }: Partial<MemoryLike>): boolean {
  return isWhole(buffer) && new Uint8Array(buffer).length >= 0
}

/**
 * Check what an embedder gives as memory. What was thrown when its buffer was looked at is the
 * cause of the error.
 */
export function checkMemory(memory: unknown): asserts memory is MemoryLike {
  let because = {}
  try {
    if (isWasmMemory(memory) || isLikeMemory(memory ?? {})) return
  } catch (cause) {
    because = { cause }
  }
  throw coded(
    new TypeError(
      '"instance.exports.memory" property must be a WebAssembly.Memory object',
      because,
    ),
    'ERR_INVALID_ARG_TYPE',
  )
}

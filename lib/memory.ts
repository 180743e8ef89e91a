/**
 * The guest's linear memory: views, growth, bounds. Only this file and abi/layout.ts depend on its
 * byte order.
 */
import { types } from 'node:util'
import { Errno } from './abi/errno.js'
import { Iovec, setSize64 } from './abi/layout.js'
import { coded, refuse } from './errors.js'
import type { Limits } from './limits.js'
import type { Block } from './sys/block.js'
import { type Answer, maxTransfer, type Sys } from './sys/sys.js'

/** The shape of `WebAssembly.Memory`. */
export interface MemoryLike {
  /** The bytes, from address 0 of the guest. */
  readonly buffer: ArrayBufferLike
}

/** Returns the current buffer of a memory. */
export type Bound = () => ArrayBufferLike
const none = new Uint8Array(0)
const noView = new DataView(none.buffer)

/** One memory of a guest that has several, or a buffer of the host, with its views. */
export class Space {
  readonly read: () => ArrayBufferLike
  bytes: Uint8Array = none
  view: DataView = noView
  /** @param block the block of the hostcalls that read an embedder's own memory */
  constructor(memory: MemoryLike, block?: Block) {
    this.read = block === undefined ? reader(memory) : saving(block, memory)
  }
}

/**
 * The guest's linear memory. An unshared memory cannot move while the host runs, and its views are
 * detached when it grows. Their length before a call thus shows if they must be made anew. A shared
 * memory never moves, but another thread may have grown it. A failed check therefore reads its size
 * again before it refuses.
 */
export class GuestMemory {
  bytes: Uint8Array = none
  view: DataView = noView
  /** The size that the views cover, in bytes. */
  size = 0
  /** Returns the current buffer of the memory. */
  #read: Bound | undefined
  readonly #sys: Sys
  /** Additional hosts of the guest: its memfs mounts. */
  readonly #beside: Pick<Sys, 'bind'>[] = []
  readonly #limits: Limits
  constructor(sys: Sys, limits: Limits) {
    this.#sys = sys
    this.#limits = limits
  }

  /** Binds guest memory. If its buffer is detached, the previous binding stays. */
  bind(memory: MemoryLike): void {
    const read = saving(this.#sys.block, memory)
    this.#attach(read)
    this.#read = read
  }

  /**
   * Binds one of several memories, with the views of its last use. It makes them anew if the memory
   * has grown.
   */
  enter(space: Space): void {
    if (space.bytes.length === 0) {
      const buffer = space.read()
      // The stack may overflow in each of these calls: the bytes, which show that the views are
      // made, come last.
      space.view = new DataView(buffer)
      space.bytes = new Uint8Array(buffer)
    }
    if (this.bytes === space.bytes) return
    // So that the next call binds again if the stack overflows in this one.
    this.bytes = none
    this.#bindAll(space.bytes)
    this.bytes = space.bytes
    this.view = space.view
    this.size = space.bytes.length
    this.#read = space.read
  }

  /** Adds a host to bind to the memory, now and whenever it changes. */
  serve(sys: Pick<Sys, 'bind'>): void {
    this.#beside.push(sys)
    sys.bind(this.bytes)
  }

  /** True once the memory is known. */
  get bound(): boolean {
    return this.#read !== undefined
  }

  /** The bound memory, to which `refresh` returns. */
  get current(): Bound | undefined {
    return this.#read
  }

  /**
   * Makes the views anew if the memory grew, and binds `current` again if a nested call has bound
   * another of several memories. Call this after calling code that may run the guest.
   */
  refresh(current = this.#read): void {
    if (this.bytes.length === 0 || current !== this.#read) this.#attach(current)
    this.#read = current
  }

  /**
   * Calls `act` while the hosts see `scratch` in place of guest memory, for paths that do not come
   * from the guest. The views are emptied first. If the stack overflows before they are restored,
   * the next hostcall makes them anew.
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
    // The stack may overflow in this call: the views then stay as they were, and are made anew
    // later.
    this.#bindAll(bytes)
    this.bytes = bytes
    this.view = view
    this.size = bytes.length
  }

  #bindAll(bytes: Uint8Array): void {
    this.#sys.bind(bytes)
    for (const sys of this.#beside) sys.bind(bytes)
  }

  /** Returns 0 for a range that is entirely inside the memory, and FAULT for any other. */
  fault(at: number, length: number): Answer {
    return at + length > this.size ? this.#recheck(at + length) : 0
  }

  #recheck(end: number): Answer {
    if (this.#read !== undefined && this.#read().byteLength !== this.size) this.#attach()
    return end > this.size ? -Errno.FAULT : 0
  }

  /** Returns 0 for a path in such a range; FAULT, or NAMETOOLONG if it is too long. */
  pathFault(at: number, length: number): Answer {
    const fault = this.fault(at, length)
    return fault === 0 && length > this.#limits.pathBytes ? -Errno.NAMETOOLONG : fault
  }

  /** Throws FAULT for a range that is not entirely inside the memory. */
  check(at: number, length: number): void {
    const fault = this.fault(at, length)
    if (fault !== 0) refuse(-fault)
  }

  /**
   * Decodes an array of iovecs into the host's spans, and returns their number; FAULT for a range
   * outside of the memory. Each iovec is read once, and only the copy is used. Empty iovecs are
   * skipped. Iovecs beyond the limits of one call, in number or bytes, make a partial transfer.
   * `tooMany` is returned instead, for messages that cannot be split.
   */
  spans(at: number, count: number, tooMany: Errno = Errno.SUCCESS): Answer {
    const most = this.#limits.iovecs
    if (count > most && tooMany !== Errno.SUCCESS) return -tooMany
    const fault = this.fault(at, count * Iovec.BYTES)
    if (fault !== 0) return fault
    const { spans } = this.#sys.block
    let { view, size } = this
    let used = 0
    let room = maxTransfer
    for (let i = 0; i < count; i++, at += Iovec.BYTES) {
      // A transfer of no bytes would signal the end of the file.
      if (i >= most && used > 0) break
      const start = view.getUint32(at + Iovec.BUF, true)
      const length = view.getUint32(at + Iovec.BUF_LEN, true)
      if (start + length > size) {
        if (this.#recheck(start + length) !== 0) return -Errno.FAULT
        ;({ view, size } = this)
      }
      if (length === 0 || room === 0) continue
      const taken = Math.min(length, room)
      spans[2 * used] = start
      spans[2 * used + 1] = taken
      room -= taken
      used++
    }
    return used
  }

  /** Returns a copy of guest bytes that no thread of the guest can change. */
  copy(at: number, length: number): Uint8Array {
    this.check(at, length)
    return this.bytes.slice(at, at + length)
  }

  /** Copies guest bytes into a host buffer: a whole number of words. Returns 0, or FAULT. */
  copyInto(buffer: DataView, at: number, length: number): Answer {
    const fault = this.fault(at, length)
    if (fault !== 0) return fault
    const { view } = this
    for (let i = 0; i < length; i += 4) buffer.setInt32(i, view.getInt32(at + i, true), true)
    return 0
  }

  /** Writes host bytes to guest memory. */
  write(at: number, bytes: Uint8Array): void {
    this.check(at, bytes.length)
    this.bytes.set(bytes, at)
  }

  setUint32(at: number, value: number): void {
    this.view.setUint32(at, value, true)
  }

  /** Writes a u64 below 2^53. */
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
 * A hostcall before the guest's memory was bound. This is the embedder's mistake, so the error
 * propagates to the embedder.
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

/**
 * Recognizes memories of all realms, including those of node:vm, for which `instanceof` is false.
 */
export const isWasmMemory = (memory: unknown): memory is MemoryLike =>
  bufferOf(memory) !== undefined

/**
 * Returns true unless the buffer can shrink, which would unmap pages under a running host.
 * WebAssembly's own buffers can only grow.
 */
const isWhole = (buffer: unknown): buffer is ArrayBufferLike =>
  types.isSharedArrayBuffer(buffer) || (types.isArrayBuffer(buffer) && !buffer.resizable)

/**
 * Returns a reader of the built-in buffer of a WebAssembly memory, even if a property of that name
 * shadows it.
 */
function reader(memory: MemoryLike): () => ArrayBufferLike {
  if (isWasmMemory(memory)) return () => bufferOf(memory) as ArrayBufferLike
  return () => {
    const { buffer } = memory
    // An embedder's own object may have another buffer by now.
    return isWhole(buffer) ? buffer : refuse(Errno.FAULT)
  }
}

/** Returns a reader that saves the block while the getter of an embedder's own object runs. */
function saving(block: Block, memory: MemoryLike): () => ArrayBufferLike {
  const read = reader(memory)
  return isWasmMemory(memory) ? read : () => block.aside(read)
}

/** Returns true for a substitute for a memory. A detached buffer throws here. */
function isLikeMemory({ buffer }: Partial<MemoryLike>): boolean {
  return isWhole(buffer) && new Uint8Array(buffer).length >= 0
}

/**
 * Checks an embedder's memory. An exception from reading its buffer becomes the cause of the error.
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

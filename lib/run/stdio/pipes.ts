/**
 * Passes bytes between the threads of a guest, which may wait, and the embedder's thread, which
 * must not.
 */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'
import type { Sink, Source } from '../../stdio/streams.js'

/**
 * The words of an output's shared memory: what is on its way, by its weight, whether the reader
 * is gone, and O_NONBLOCK.
 */
const Out = Object.freeze({ UNREAD: 0, CLOSED: 1, NONBLOCK: 2 })
/** The words of an input's, before its bytes. */
const In = Object.freeze({ LOCK: 0, STATE: 1, LENGTH: 2, NONBLOCK: 3 })
const State = Object.freeze({ IDLE: 0, ASKED: 1, READY: 2, ENDED: 3 })
const head = 4 * Object.keys(In).length

/** The bytes by which a writer may be ahead of its reader, and the bytes of one read. */
const mostUnread = 2 ** 20
const mostRead = 2 ** 16
/** The cost of a chunk beside its bytes while it is on its way: a guest may write byte by byte. */
const overhead = 256
const weight = (chunk: Uint8Array): number => chunk.length + overhead

/**
 * A standard stream as it travels to the threads: a descriptor of the host, a stream that is empty
 * or discarded, all there is to read, or shared memory.
 */
export type Conveyed =
  | number
  | { readonly ignored: true }
  | { readonly bytes: Uint8Array }
  | { readonly input: SharedArrayBuffer; readonly isTTY: boolean }
  | { readonly output: SharedArrayBuffer; readonly isTTY: boolean }

export const inputMemory = (): SharedArrayBuffer => new SharedArrayBuffer(head + mostRead)
export const outputMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * Object.keys(Out).length)

// In a thread of the guest.

/** Reads what the embedder's thread is asked for. One thread at a time takes it. */
export function pipedSource(memory: SharedArrayBuffer, isTTY: boolean, ask: () => void): Source {
  const words = new Int32Array(memory, 0, head / 4)
  const bytes = new Uint8Array(memory, head)
  /** Asks unless another thread has. Returns the state from then on. */
  const asked = (): number => {
    if (Atomics.compareExchange(words, In.STATE, State.IDLE, State.ASKED) === State.IDLE) ask()
    return Atomics.load(words, In.STATE)
  }
  const take = (): Uint8Array => {
    let state = asked()
    if (state === State.ASKED && Atomics.load(words, In.NONBLOCK) !== 0) refuse(Errno.AGAIN)
    for (; state === State.ASKED; state = Atomics.load(words, In.STATE))
      Atomics.wait(words, In.STATE, State.ASKED)
    if (state === State.ENDED) return new Uint8Array(0)
    const chunk = bytes.slice(0, Atomics.load(words, In.LENGTH))
    Atomics.store(words, In.STATE, State.IDLE)
    return chunk
  }
  return {
    isTTY,
    read() {
      while (Atomics.compareExchange(words, In.LOCK, 0, 1) !== 0) {
        if (Atomics.load(words, In.NONBLOCK) !== 0) refuse(Errno.AGAIN)
        Atomics.wait(words, In.LOCK, 1)
      }
      try {
        return take()
      } finally {
        Atomics.store(words, In.LOCK, 0)
        Atomics.notify(words, In.LOCK, 1)
      }
    },
    readiness: {
      ready() {
        const state = asked()
        if (state === State.ENDED) return 0
        return state === State.READY ? Atomics.load(words, In.LENGTH) : -1
      },
      wait: milliseconds => void Atomics.wait(words, In.STATE, State.ASKED, milliseconds),
      setNonblock: on => void Atomics.store(words, In.NONBLOCK, Number(on)),
    },
  }
}

/** Sends what is written, and waits while the embedder's thread is behind. */
export function pipedSink(
  memory: SharedArrayBuffer,
  isTTY: boolean,
  send: (chunk: Uint8Array) => void,
): Sink {
  const words = new Int32Array(memory)
  const closed = (): boolean => Atomics.load(words, Out.CLOSED) !== 0
  const unread = (): number => Atomics.load(words, Out.UNREAD)
  const full = (): boolean => unread() >= mostUnread && !closed()
  const wait = (milliseconds?: number): void => {
    const seen = unread()
    if (seen >= mostUnread && !closed()) Atomics.wait(words, Out.UNREAD, seen, milliseconds)
  }
  return {
    isTTY,
    write(chunk) {
      if (Atomics.load(words, Out.NONBLOCK) !== 0 && full()) refuse(Errno.AGAIN)
      while (full()) wait()
      if (closed()) refuse(Errno.PIPE)
      Atomics.add(words, Out.UNREAD, weight(chunk))
      send(chunk)
    },
    readiness: {
      ready: () => (full() ? -1 : 0),
      wait,
      setNonblock: on => void Atomics.store(words, Out.NONBLOCK, Number(on)),
    },
  }
}

// In the embedder's thread.

/** Gives the threads what they ask for, from what can be waited for. */
export class Feed {
  readonly memory = inputMemory()
  readonly #words = new Int32Array(this.memory, 0, head / 4)
  readonly #bytes = new Uint8Array(this.memory, head)
  readonly #next: () => Promise<Uint8Array | undefined>
  #rest: Uint8Array = new Uint8Array(0)
  #closed = false

  /** @param next answers with the next chunk, or undefined at the end */
  constructor(next: () => Promise<Uint8Array | undefined>) {
    this.#next = next
  }

  /** The next bytes, or undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (!this.#closed) {
      const chunk = await this.#next()
      if (chunk === undefined || chunk.length > 0) return chunk
      // A source that has nothing, again and again, without ever waiting, does not keep the host
      // from ending the guest.
      await new Promise(setImmediate)
    }
    return undefined
  }
  /** Marks the reader as gone. */
  close(): void {
    this.#closed = true
  }

  /** A thread asked. Fails as the embedder's source does. */
  async asked(): Promise<void> {
    if (this.#rest.length === 0) {
      const chunk = await this.next()
      if (chunk === undefined) return this.#publish(State.ENDED)
      this.#rest = chunk
    }
    const piece = this.#rest.subarray(0, mostRead)
    this.#rest = this.#rest.subarray(piece.length)
    this.#bytes.set(piece)
    Atomics.store(this.#words, In.LENGTH, piece.length)
    this.#publish(State.READY)
  }
  #publish(state: number): void {
    Atomics.store(this.#words, In.STATE, state)
    Atomics.notify(this.#words, In.STATE)
  }
}

/** A chunk that waits to be taken, and the promise of its writer. */
interface Pending {
  readonly chunk: Buffer
  resolve(): void
  reject(error: unknown): void
}

/** Takes what the threads write, in order, as fast as the embedder does. */
export class Drain {
  readonly memory = outputMemory()
  readonly #words = new Int32Array(this.memory)
  readonly #take: (chunk: Buffer) => unknown
  /** The chunks that are not taken. The first one is being taken. */
  readonly #pending: Pending[] = []
  #failure: { readonly error: unknown } | undefined
  #hurried: 'deliver' | 'drop' | undefined
  #dropped = false
  /** Called when a chunk is taken. */
  #waiting: (() => void)[] = []

  /** @param take takes a chunk; if it answers with a promise, the next one has to wait for that */
  constructor(take: (chunk: Buffer) => unknown) {
    this.#take = take
  }

  /** A thread wrote. Fails as the embedder's function does, and so do all later writes. */
  wrote(chunk: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ chunk, resolve, reject })
      if (this.#hurried !== undefined) this.#rush()
      else if (this.#pending.length === 1) void this.#run()
    })
  }

  /** A process wrote: it counts here what threads count themselves. */
  receive(chunk: Buffer): Promise<void> {
    Atomics.add(this.#words, Out.UNREAD, weight(chunk))
    return this.wrote(chunk)
  }

  get closed(): boolean {
    return Atomics.load(this.#words, Out.CLOSED) !== 0
  }

  /** True if a chunk was dropped, because its taker was too slow. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** From now on who writes is refused with PIPE. */
  close(): void {
    Atomics.store(this.#words, Out.CLOSED, 1)
    Atomics.notify(this.#words, Out.UNREAD)
  }

  /** True if something that was written is not taken. */
  get behind(): boolean {
    return Atomics.load(this.#words, Out.UNREAD) > 0
  }
  /** Until all is taken that was written. */
  async end(): Promise<void> {
    this.close()
    while (this.behind) await this.#next()
  }

  /** True if something that has arrived is not taken. */
  get busy(): boolean {
    return this.#pending.length > 0
  }
  /** Until all is taken that has arrived. */
  async idle(): Promise<void> {
    while (this.busy) await this.#next()
  }

  /**
   * Waits for its taker no more. `deliver` passes it the chunks that are left, and those that still
   * come, at once: for streams, which keep what they are passed. `drop` drops them.
   */
  hurry(how: 'deliver' | 'drop'): void {
    this.#hurried ??= how
    // The first chunk was passed before.
    this.#done()
    this.#rush()
  }

  async #run(): Promise<void> {
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      try {
        if (this.#failure === undefined) await this.#take(next.chunk)
      } catch (error) {
        this.#failure ??= { error }
      }
      if (this.#hurried !== undefined) return
      this.#done()
    }
  }

  #rush(): void {
    for (; this.#pending.length > 0; this.#done()) {
      if (this.#failure !== undefined) continue
      if (this.#hurried === 'drop') this.#dropped = true
      else this.#pass(this.#pending[0].chunk)
    }
  }

  /** Passes a chunk on to a stream whose run is over: its error is not awaited. */
  #pass(chunk: Buffer): void {
    const ignore = (): void => {}
    try {
      Promise.resolve(this.#take(chunk)).catch(ignore)
    } catch {}
  }

  /** The first chunk is taken, or dropped. */
  #done(): void {
    const first = this.#pending.shift()
    if (first === undefined) return
    Atomics.sub(this.#words, Out.UNREAD, weight(first.chunk))
    Atomics.notify(this.#words, Out.UNREAD)
    if (this.#failure === undefined) first.resolve()
    else first.reject(this.#failure.error)
    for (const go of this.#waiting.splice(0)) go()
  }

  #next(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
    })
  }
}

/**
 * Writes what a guest of `run` writes to a stream of Node, or to what has its `write`, as fast as
 * that takes it.
 */
import { wordsOf } from '../../errors.js'
import { isGone, type WritableLike } from '../../stdio/streams.js'
import { type Emitter, listen, unlisten } from './listeners.js'

type Called = (error?: Error | null) => void

/** The failure of an embedder's stream: an error with code `ERR_WASI_STREAM`. */
export class StreamError extends Error {
  readonly code = 'ERR_WASI_STREAM'
  /** Unlike `instanceof`, a private name runs no code of a Proxy that an embedder threw. */
  readonly #mark = true
  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #mark in value
  }
}

/** Functions that keep what they are passed before they have room, as streams of Node do. */
export const keeping = new WeakSet<object>()

/**
 * Waits until a stream that was full has room again, or is gone. What is no stream has room always.
 */
export async function roomIn(stream: Partial<Emitter>): Promise<void> {
  if (typeof stream.on !== 'function') return
  await new Promise<void>(resolve => {
    const names = ['drain', 'close', 'error'] as const
    const go = (): void => {
      for (const name of names) unlisten(stream, name, go)
      resolve()
    }
    for (const name of names) listen(stream, name, go)
  })
}

/**
 * One output of one run. Node's streams fail later than they are written to: by the callback of a
 * write, or by an `error` event. Either fails the next write, or the end.
 * @see https://nodejs.org/api/stream.html#writablewritechunk-encoding-callback
 */
export class StreamWriter {
  readonly #name: string
  readonly #stream: WritableLike & Partial<Emitter>
  /**
   * True if it calls back. A Transform does so when it is read, which may be after the run, so its
   * callback is not waited for.
   */
  readonly #calls: boolean
  #failure: Error | undefined
  #listening = false
  /** Writes whose callback is still to come. */
  #pending = 0
  #settled = (): void => {}

  constructor(name: string, stream: WritableLike) {
    this.#name = name
    this.#stream = stream
    this.#calls = '_write' in stream && !('_transform' in stream)
  }

  /** True for a stream of Node, which keeps the bytes that are written while it is full. */
  get keeps(): boolean {
    return '_write' in this.#stream
  }

  /** True if its reader has gone away. */
  get gone(): boolean {
    return this.#stream.destroyed === true || this.#stream.writableEnded === true
  }

  /**
   * Waits while the stream is full, or for the promise that its `write` returns.
   * @throws StreamError with the stream's own error as its cause; what `write` throws
   */
  async write(chunk: Buffer): Promise<void> {
    this.#listen()
    this.#check()
    if (this.gone) return
    const answer = this.#calls ? this.#writeCalling(chunk) : this.#stream.write(chunk)
    if (answer === false) await roomIn(this.#stream)
    else await answer
    this.#check()
  }

  /** Waits until the stream has taken everything, or is gone. */
  async end(): Promise<void> {
    if (this.#pending > 0 && !this.gone) {
      await new Promise<void>(resolve => {
        this.#settled = () => {
          unlisten(this.#stream, 'close', this.#settled)
          resolve()
        }
        listen(this.#stream, 'close', this.#settled)
      })
    }
    this.#check()
  }

  /**
   * Leaves the stream to the embedder. One that has failed may still emit the error, which was
   * reported here: it keeps the listener.
   */
  release(): void {
    if (this.#failure === undefined && !this.#stream.errored)
      unlisten(this.#stream, 'error', this.#failed)
  }

  #writeCalling(chunk: Buffer): unknown {
    const write = this.#stream.write as (chunk: Buffer, called: Called) => unknown
    this.#pending++
    return write.call(this.#stream, chunk, error => {
      this.#pending--
      if (error) this.#failed(error)
      if (this.#pending === 0) this.#settled()
    })
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    listen(this.#stream, 'error', this.#failed)
  }

  readonly #failed = (error: Error): void => {
    this.#failure ??= error
    this.#settled()
  }

  #check(): void {
    const error = this.#failure ?? this.#stream.errored
    if (!error || isGone(error)) return
    throw new StreamError(`${this.#name}: the stream failed: ${wordsOf(error)}`, { cause: error })
  }
}

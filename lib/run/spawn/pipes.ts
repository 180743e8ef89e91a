/** The pipes of a spawned guest: streams of Node, with back-pressure in both directions. */
import { Readable, Writable } from 'node:stream'
import { coded } from '../../errors.js'
import { keeping } from '../stdio/writer.js'

/** Bytes that a pipe keeps before its writer waits: those of a pipe of Linux. */
const highWaterMark = 2 ** 16

/** A standard input: what the embedder writes to `stream`, `run` iterates over. */
export class InputPipe implements AsyncIterable<Uint8Array> {
  readonly stream: Writable
  #written: { readonly chunk: Uint8Array; readonly taken: (error?: Error) => void } | undefined
  #ended = false
  #notify = (): void => {}

  constructor() {
    this.stream = new Writable({
      highWaterMark,
      write: (chunk, _encoding, taken) => {
        this.#written = { chunk, taken }
        this.#notify()
      },
      final: done => {
        this.#ended = true
        done()
        this.#notify()
      },
      destroy: (error, done) => {
        done(error)
        const gone = coded(new Error('the guest closed its standard input'), 'EPIPE')
        this.#written?.taken(error ?? gone)
        this.#written = undefined
        this.#notify()
      },
    })
  }

  /** The guest reads no more: called by `run`, while it waits for a chunk, and at the guest's end. */
  destroy(): void {
    this.stream.destroy()
  }

  /** @throws the error that the embedder destroyed the stream with */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { stream } = this
    for (;;) {
      const written = this.#written
      if (written !== undefined) {
        this.#written = undefined
        written.taken()
        yield written.chunk
      } else if (stream.errored) throw stream.errored
      else if (this.#ended || stream.destroyed) return
      else
        await new Promise<void>(resolve => {
          this.#notify = resolve
        })
    }
  }
}

/** A standard output: what `run` passes to `receive`, the embedder reads from `stream`. */
export class OutputPipe {
  readonly stream: Readable
  #room = (): void => {}
  #gone = (): void => {}
  #leaving = false
  #finished = false

  constructor() {
    keeping.add(this.receive)
    this.stream = new Readable({
      highWaterMark,
      read: () => this.#room(),
      destroy: (error, done) => {
        done(error)
        this.#gone()
      },
    })
  }

  /**
   * Receives a chunk. Waits until the reader has room for another one.
   * @throws Error with code EPIPE when the reader has gone away
   */
  readonly receive = (chunk: Buffer): Promise<void> | undefined => {
    const gone = (): Error => coded(new Error('the reader closed the pipe'), 'EPIPE')
    if (this.stream.destroyed || this.#finished) throw gone()
    if (this.stream.push(chunk) || this.#leaving) return undefined
    return new Promise((resolve, reject) => {
      this.#room = resolve
      this.#gone = () => reject(gone())
    })
  }

  /** Receives from now on without waiting: the guest is being ended, and writes no more. */
  leave(): void {
    this.#leaving = true
    this.#room()
  }

  /** Ends the stream behind what it has received. */
  finish(): void {
    this.leave()
    this.#finished = true
    if (!this.stream.destroyed) this.stream.push(null)
  }
}

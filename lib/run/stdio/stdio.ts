/**
 * Standard streams of a run: what its embedder gave, what travels to the guest's threads, and what
 * was captured.
 */
import type { Readable, Writable } from 'node:stream'
import type { Settings } from '../../options/settings.js'
import { discardSink, emptySource, type WritableLike } from '../../stdio/streams.js'
import { runTable } from '../table.js'
import type { Capture } from './capture.js'
import { inputFor, textFor } from './input.js'
import { outputFor, type RunSink } from './output.js'
import type { Conveyed, Drain, Feed } from './pipes.js'
import { draw, pour } from './process-pipes.js'
import type { CapturedOutput, OutputEncoding } from './types.js'

/** The streams as an embedder passed them; checked limit and form of what is captured of each. */
interface Asked {
  readonly stdin?: unknown
  readonly stdout?: unknown
  readonly stderr?: unknown
  readonly input?: unknown
  readonly maxOutput?: number
  readonly encoding?: OutputEncoding
}

/** Milliseconds that slow outputs have when a run was ended from outside. */
export const patience = 500

/** The three streams of one run. */
export class Stdio {
  readonly conveyed: readonly [Conveyed, Conveyed, Conveyed]
  readonly #feed: Feed | undefined
  readonly #drains: readonly (Drain | undefined)[]
  readonly #captures: readonly (Capture | undefined)[]
  readonly #outputs: readonly RunSink[]
  readonly #encoding: OutputEncoding
  /** The ends of the outputs, each called once. */
  #finishing: readonly Promise<void>[] | undefined
  /** Descriptors and streams that were given as outputs. */
  readonly outputs: readonly (number | WritableLike)[]
  readonly #close: () => void
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #left = false
  #expire = (): void => {}
  readonly #expired = new Promise<void>(resolve => {
    this.#expire = resolve
  })

  constructor({
    stdin,
    stdout = 'capture',
    stderr = 'capture',
    input,
    maxOutput = runTable.maxOutput.fallback,
    encoding = runTable.encoding.fallback,
  }: Asked) {
    const { conveyed: read, feed, close } = inputFor(stdin === undefined ? 'ignore' : stdin)
    this.#feed = feed
    this.#close = close
    this.#encoding = encoding
    const outputs = [
      outputFor(1, 'options.stdout', stdout, maxOutput),
      outputFor(2, 'options.stderr', stderr, maxOutput),
    ]
    const conveyed = input === undefined ? read : textFor(input, stdin)
    this.outputs = outputs.flatMap(({ conveyed }, i) => {
      const output = typeof conveyed === 'number' ? conveyed : [stdout, stderr][i]
      return isDirect(output) ? [output] : []
    })
    this.#drains = [undefined, ...outputs.map(({ drain }) => drain)]
    this.#captures = outputs.map(({ capture }) => capture)
    this.#outputs = outputs
    this.conveyed = [conveyed, outputs[0].conveyed, outputs[1].conveyed]
  }

  /**
   * Stands in for the streams where the threads' shared descriptors are made: each thread serves
   * its own.
   */
  get shared(): Settings['stdio'] {
    return this.conveyed.map((stream, i) => {
      if (typeof stream === 'number') return stream
      if ('ignored' in stream) return i === 0 ? emptySource : discardSink
      if ('output' in stream) return { isTTY: stream.isTTY, write() {} }
      return { isTTY: 'input' in stream && stream.isTTY, read: () => new Uint8Array(0) }
    }) as unknown as Settings['stdio']
  }

  /** The output that was captured until now, in the encoding that was asked for. */
  get captured(): CapturedOutput<string | Buffer> {
    const [stdout, stderr] = this.#captures
    const none = this.#encoding === 'utf8' ? '' : Buffer.alloc(0)
    return {
      stdout: stdout?.content(this.#encoding) ?? none,
      stderr: stderr?.content(this.#encoding) ?? none,
      truncated: this.#outputs.some(({ capture, drain }) => capture?.truncated || drain?.dropped),
    }
  }

  /** A thread wants more input. */
  async asked(): Promise<void> {
    await this.#feed?.asked()
  }
  /** A thread wrote to one of them. */
  async wrote(stream: number, chunk: Uint8Array): Promise<void> {
    // A Buffer that travelled between threads arrives as a Uint8Array.
    await this.#drains[stream]?.wrote(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }
  /**
   * Serves the streams of a process that are neither the host's nor ignored, by its pipes. `failed`
   * receives the embedder's own errors.
   */
  serve(
    pipes: readonly (Readable | Writable | null | undefined)[],
    failed: (error: unknown) => void,
  ): void {
    const [input, ...outputs] = this.conveyed
    if (typeof input !== 'number' && !('ignored' in input)) {
      const pipe = pipes[0] as Writable
      // It reads ahead: what goes wrong there when the process has ended is ignored.
      pour(this.#chunks(input), pipe).catch(error => pipe.destroyed || failed(error))
    }
    outputs.forEach((output, i) => {
      const drain = this.#drains[i + 1]
      if (typeof output !== 'number' && drain !== undefined)
        draw(pipes[i + 1] as Readable, drain, failed)
    })
  }
  async *#chunks(input: object): AsyncGenerator<Uint8Array> {
    if ('bytes' in input) yield input.bytes as Uint8Array
    else
      for (
        let chunk = await this.#feed?.next();
        chunk !== undefined;
        chunk = await this.#feed?.next()
      )
        yield chunk
  }

  /** Waits until what has arrived is taken. */
  async idle(): Promise<void> {
    for (const drain of this.#drains) if (drain?.busy) await drain.idle()
  }

  /** Waits until what was written is taken. */
  async end(): Promise<void> {
    try {
      for (const drain of this.#drains) drain?.close()
      for (const drain of this.#drains) if (drain?.behind) await drain.end()
      const ends = this.#finish()
      if (ends.length > 0) await Promise.all(ends)
    } finally {
      this.#release()
    }
  }

  /**
   * The run was ended from outside: from now on slow outputs have the time of `patience`. Then
   * streams get the rest at once, and functions do not get it.
   */
  stop(): void {
    if (this.#left) return
    this.#timer ??= setTimeout(() => {
      for (const { drain, keeps } of this.#outputs) drain?.hurry(keeps ? 'deliver' : 'drop')
      this.#expire()
    }, patience)
  }

  /**
   * The guest has ended: waits until what has arrived is taken, after `stop` not for long. No error
   * of an output counts any more.
   */
  async left(): Promise<void> {
    await this.idle()
    const ends = this.#finish()
    if (ends.length > 0) await Promise.race([Promise.allSettled(ends), this.#expired])
    this.#left = true
    clearTimeout(this.#timer)
    this.#release()
  }

  /**
   * The input has no reader any more. The guest is at its end, whatever the embedder's iterator
   * makes of that.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#feed?.close()
    try {
      this.#close()
    } catch {}
  }

  #finish(): readonly Promise<void>[] {
    this.#finishing ??= this.#outputs.flatMap(output =>
      output.end === undefined ? [] : endOf(output),
    )
    return this.#finishing
  }

  #release(): void {
    for (const output of this.#outputs) output.release?.()
  }
}

/** Ends an output. An exception fails the run, whatever the others do. */
const endOf = async (output: RunSink): Promise<void> => output.end?.()

const isDirect = (output: unknown): output is number | WritableLike =>
  typeof output === 'number' || (typeof output === 'object' && output !== null)

/**
 * Standard streams of a run: what its embedder gave, what travels to the guest's threads, and what
 * was captured.
 */
import type { Readable, Writable } from 'node:stream'
import type { Settings } from '../../options/settings.js'
import {
  bytesOf,
  inputOf,
  isBytes,
  isGone,
  outputOf,
  type WritableLike,
} from '../../stdio/streams.js'
import { wrongType } from '../../validate.js'
import { runTable } from '../table.js'
import { type Conveyed, Drain, Feed } from './pipes.js'
import type { CapturedOutput } from './types.js'
import { roomIn, StreamWriter } from './writer.js'

/** The streams as an embedder passed them, and a checked limit for what is captured of each. */
interface Asked {
  readonly stdin?: unknown
  readonly stdout?: unknown
  readonly stderr?: unknown
  readonly maxOutput?: number
}

/** What the guest wrote, up to a limit. */
class Capture {
  readonly drain: Drain
  /**
   * Grows as it is filled: a list of chunks would cost far more than their bytes where a guest
   * writes few at a time.
   */
  #bytes = Buffer.alloc(0)
  #size = 0
  truncated = false
  constructor(most: number) {
    this.drain = new Drain(chunk => {
      if (this.#size + chunk.length > most) {
        this.truncated = true
        this.drain.close()
      }
      const kept = chunk.subarray(0, most - this.#size)
      if (this.#size + kept.length > this.#bytes.length) this.#grow(this.#size + kept.length, most)
      this.#size += kept.copy(this.#bytes, this.#size)
    })
  }
  #grow(wanted: number, most: number): void {
    const larger = Buffer.alloc(Math.min(Math.max(wanted, 2 * this.#bytes.length, 4096), most))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
  get bytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#size))
  }
}

/** The three streams of one run. */
export class Stdio {
  readonly conveyed: readonly [Conveyed, Conveyed, Conveyed]
  readonly #feed: Feed | undefined
  readonly #drains: readonly (Drain | undefined)[]
  readonly #captures: readonly (Capture | undefined)[]
  readonly #outputs: readonly RunSink[]
  #ended = false
  readonly #close: () => void
  #closed = false

  constructor({
    stdin = '',
    stdout = 'capture',
    stderr = 'capture',
    maxOutput = runTable.maxOutput.fallback,
  }: Asked) {
    const { conveyed, feed, close } = inputFor(stdin)
    this.#feed = feed
    this.#close = close
    const outputs = [
      outputFor('options.stdout', stdout, maxOutput),
      outputFor('options.stderr', stderr, maxOutput),
    ]
    this.#drains = [undefined, ...outputs.map(({ drain }) => drain)]
    this.#captures = outputs.map(({ capture }) => capture)
    this.#outputs = outputs
    this.conveyed = [conveyed, outputs[0].conveyed, outputs[1].conveyed]
  }

  /**
   * What stands for them where descriptors are made that the threads share: each thread serves its
   * own.
   */
  get shared(): Settings['stdio'] {
    return this.conveyed.map(stream => {
      if (typeof stream === 'number') return stream
      if ('output' in stream) return { isTTY: stream.isTTY, write() {} }
      return { isTTY: 'input' in stream && stream.isTTY, read: () => new Uint8Array(0) }
    }) as unknown as Settings['stdio']
  }

  get captured(): CapturedOutput {
    const [stdout, stderr] = this.#captures
    const none = Buffer.alloc(0)
    return {
      stdout: stdout?.bytes ?? none,
      stderr: stderr?.bytes ?? none,
      truncated: this.#captures.some(capture => capture?.truncated),
    }
  }

  /** A thread wants more input. */
  async asked(): Promise<void> {
    await this.#feed?.asked()
  }
  /** A thread wrote to one of them. */
  async wrote(stream: number, chunk: Uint8Array): Promise<void> {
    // What travelled between threads is a Buffer no more.
    await this.#drains[stream]?.wrote(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }
  /**
   * Serve a process whose pipes these are: those of its streams that are none of the host's.
   * `failed` hears of the embedder's own errors.
   */
  serve(
    pipes: readonly (Readable | Writable | null | undefined)[],
    failed: (error: unknown) => void,
  ): void {
    const [input, ...outputs] = this.conveyed
    if (typeof input !== 'number') {
      const pipe = pipes[0] as Writable
      // It reads ahead: what goes wrong there when the process has ended is nobody's concern.
      pour(this.#chunks(input), pipe).catch(error => pipe.destroyed || failed(error))
    }
    outputs.forEach((output, i) => {
      const drain = this.#drains[i + 1]
      if (typeof output !== 'number' && drain !== undefined)
        draw(pipes[i + 1] as Readable, drain, failed)
    })
  }
  async *#chunks(input: Exclude<Conveyed, number>): AsyncGenerator<Uint8Array> {
    if ('bytes' in input) yield input.bytes
    else
      for (
        let chunk = await this.#feed?.next();
        chunk !== undefined;
        chunk = await this.#feed?.next()
      )
        yield chunk
  }

  /** Waits until what was written is taken. */
  async end(): Promise<void> {
    this.#ended = true
    try {
      await Promise.all(this.#drains.map(drain => drain?.end()))
      await Promise.all(this.#outputs.map(output => output.end?.()))
    } finally {
      for (const output of this.#outputs) output.release?.()
    }
  }
  /**
   * Nobody reads the input any more. The guest is at its end, whatever the embedder's iterator
   * makes of that.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#feed?.close()
    if (!this.#ended) for (const output of this.#outputs) output.leave?.()
    try {
      this.#close()
    } catch {}
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isAsync = (value: unknown): value is AsyncIterable<unknown> =>
  isObject(value) &&
  typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'

function inputFor(value: unknown): { conveyed: Conveyed; feed?: Feed; close: () => void } {
  const name = 'options.stdin'
  if (isAsync(value)) {
    // Made when it is needed: a stream of the web is locked by it, also where another option is
    // wrong.
    let made: AsyncIterator<unknown> | undefined
    const iterator = (): AsyncIterator<unknown> => {
      made ??= value[Symbol.asyncIterator]()
      if (!isObject(made)) throw wrongType(`the iterator of ${name}`, 'an object', made)
      return made
    }
    let waits = false
    const feed = new Feed(async () => {
      waits = true
      const result: unknown = await iterator().next()
      waits = false
      if (!isObject(result))
        throw wrongType(`what the iterator of ${name} returns`, 'an object', result)
      const { done, value } = result as IteratorResult<unknown>
      return done ? undefined : bytesOf(`a chunk of ${name}`, value)
    })
    const leave = async (): Promise<void> => {
      // A stream's iterator would hear of the end when the next bytes have come, and keep its
      // process until then.
      if (waits) (value as { destroy?: () => unknown }).destroy?.()
      await iterator().return?.()
    }
    const close = (): void => void leave().catch(() => {})
    return {
      conveyed: { input: feed.memory, isTTY: (value as { isTTY?: unknown }).isTTY === true },
      feed,
      close,
    }
  }
  const source = inputOf(name, value)
  const close = (): void => {
    if (typeof source !== 'number') source.close?.()
  }
  if (typeof source === 'number') return { conveyed: source, close }
  if (isBytes(value)) return { conveyed: { bytes: source.read().slice() }, close }
  // A function may answer with a promise here.
  const read =
    typeof value === 'function'
      ? async () => bytesOf(`what ${name} returns`, await value())
      : async () => source.read()
  const feed = new Feed(async () => {
    const chunk = await read()
    return chunk.length === 0 ? undefined : chunk
  })
  return { conveyed: { input: feed.memory, isTTY: false }, feed, close }
}

/** An output of one run. */
interface RunSink {
  readonly conveyed: Conveyed
  readonly drain?: Drain
  readonly capture?: Capture
  /** Waits until all is taken, and hands over what was kept. */
  end?(): Promise<void> | void
  /** Leaves the embedder's stream alone from now on. */
  release?(): void
  /**
   * The same for a run that failed, whose own error counts: what was kept is handed over, but not
   * waited for.
   */
  leave?(): void
}

function outputFor(name: string, value: unknown, most: number): RunSink {
  if (value === 'capture') {
    const capture = new Capture(most)
    return {
      conveyed: { output: capture.drain.memory, isTTY: false },
      drain: capture.drain,
      capture,
    }
  }
  const sink = outputOf(name, value)
  if (typeof sink === 'number') return { conveyed: sink }
  const { destroyed, writableEnded } = value as WritableLike
  const stream =
    typeof value === 'function' ? undefined : new StreamWriter(name, value as WritableLike)
  const take =
    typeof value === 'function'
      ? (chunk: Buffer) => value(chunk)
      : (chunk: Buffer) => stream?.write(chunk)
  const drain: Drain = new Drain(async chunk => {
    try {
      await take(chunk)
    } catch (error) {
      if (!isGone(error)) throw error
      drain.close()
    }
    if (stream?.gone) drain.close()
  })
  if (destroyed || writableEnded) drain.close()
  const conveyed = { output: drain.memory, isTTY: sink.isTTY }
  const release = (): void => stream?.release()
  const leave = (): void => {
    release()
    try {
      sink.end?.()
    } catch {}
  }
  return {
    conveyed,
    drain,
    end: () => (stream === undefined ? sink.end?.() : stream.end()),
    release,
    leave,
  }
}

/** Everything into a pipe. A reader that goes away has read enough. */
async function pour(chunks: AsyncIterable<Uint8Array>, pipe: Writable): Promise<void> {
  pipe.on('error', () => {})
  for await (const chunk of chunks) {
    if (pipe.destroyed) return
    if (!pipe.write(chunk)) await roomIn(pipe)
  }
  pipe.end()
}

/**
 * Everything out of a pipe, a chunk at a time, with a turn of the event loop between two: libuv
 * reads 32 chunks in a turn, and the embedder may take long for each. When nobody takes any more,
 * the pipe is destroyed, so that the other end sees it.
 */
function draw(pipe: Readable, drain: Drain, failed: (error: unknown) => void): void {
  pipe.on('error', () => {})
  pipe.on('data', (chunk: Buffer) => {
    pipe.pause()
    drain.receive(chunk).then(() => {
      if (drain.closed) pipe.destroy()
      else setImmediate(() => pipe.resume())
    }, failed)
  })
}

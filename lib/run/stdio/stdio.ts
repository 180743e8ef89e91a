/**
 * Standard streams of a run: what its embedder gave, what travels to the guest's threads, and what
 * was captured.
 */
import type { Readable, Writable } from 'node:stream'
import { HookFailure } from '../../errors.js'
import type { Settings } from '../../options/settings.js'
import { checkSole } from '../../options/table.js'
import {
  bytesOf,
  discardSink,
  emptySource,
  inputOf,
  isBytes,
  isGone,
  outputOf,
  textOf,
  type WritableLike,
} from '../../stdio/streams.js'
import { wrongType } from '../../validate.js'
import { runTable } from '../table.js'
import { Capture } from './capture.js'
import { type Conveyed, Drain, Feed } from './pipes.js'
import type { CapturedOutput, OutputEncoding } from './types.js'
import { keeping, roomIn, StreamError, StreamWriter } from './writer.js'

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
    await Promise.all(this.#drains.map(drain => drain?.idle()))
  }

  /** Waits until what was written is taken. */
  async end(): Promise<void> {
    try {
      await Promise.all(this.#drains.map(drain => drain?.end()))
      await Promise.all(this.#finish())
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
    await Promise.race([Promise.allSettled(this.#finish()), this.#expired])
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
    this.#finishing ??= this.#outputs.map(async output => output.end?.())
    return this.#finishing
  }

  #release(): void {
    for (const output of this.#outputs) output.release?.()
  }
}

const isDirect = (output: unknown): output is number | WritableLike =>
  typeof output === 'number' || isObject(output)
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isAsync = (value: unknown): value is AsyncIterable<unknown> =>
  isObject(value) &&
  typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'

/** The values that `run` and Pool take beyond those of a guest in this thread, for messages. */
const moreInputs = ', an asynchronous iterable'
const moreOutputs = ", 'capture'"

/** Checks the option `input`. */
function textFor(value: unknown, stdin: unknown): Conveyed {
  checkSole('options.input', value, stdin)
  return { bytes: textOf('options.input', value) }
}

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
    const feed = feedOf(async () => {
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
  const source = inputOf(name, value, moreInputs)
  if (source === emptySource) return { conveyed: { ignored: true }, close() {} }
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
  const feed = feedOf(async () => {
    const chunk = await read()
    return chunk.length === 0 ? undefined : chunk
  })
  return { conveyed: { input: feed.memory, isTTY: false }, feed, close }
}

/** Feeds the guest with an embedder's chunks. @param next returns the next one, or undefined */
const feedOf = (next: () => Promise<Uint8Array | undefined>): Feed =>
  new Feed(async () => {
    try {
      return await next()
    } catch (error) {
      throw new HookFailure(error, 'options.stdin')
    }
  })

/** An output of one run. */
interface RunSink {
  readonly conveyed: Conveyed
  readonly drain?: Drain
  readonly capture?: Capture
  /** True if it keeps the bytes that it cannot take at once, as streams of Node do. */
  readonly keeps?: boolean
  /** Waits until all is taken, and hands over what was kept. */
  end?(): Promise<void> | void
  /** Leaves the embedder's stream alone from now on. */
  release?(): void
}

function outputFor(fd: 1 | 2, name: string, value: unknown, most: number): RunSink {
  if (value === 'capture') {
    const capture = new Capture(most)
    return {
      conveyed: { output: capture.drain.memory, isTTY: false },
      drain: capture.drain,
      capture,
    }
  }
  const sink = outputOf(fd, name, value, moreOutputs)
  if (typeof sink === 'number') return { conveyed: sink }
  if (sink === discardSink) return { conveyed: { ignored: true } }
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
      if (!isClosing(error)) throw StreamError.is(error) ? error : new HookFailure(error, name)
      drain.close()
    }
    if (stream?.gone) drain.close()
  })
  if (destroyed || writableEnded) drain.close()
  return {
    conveyed: { output: drain.memory, isTTY: sink.isTTY },
    drain,
    keeps: stream?.keeps ?? keeping.has(value as object),
    async end() {
      if (stream !== undefined) return stream.end()
      try {
        sink.end?.()
      } catch (error) {
        throw new HookFailure(error, name)
      }
    },
    release: () => stream?.release(),
  }
}

/** Says of what an embedder's output threw, which may be anything, that its reader is gone. */
function isClosing(error: unknown): boolean {
  try {
    return isGone(error)
  } catch {
    return false
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
 * reads 32 chunks in a turn, and the embedder may take long for each. When the chunks are not taken,
 * the pipe is destroyed, so that the other end sees it.
 */
function draw(pipe: Readable, drain: Drain, failed: (error: unknown) => void): void {
  pipe.on('error', () => {})
  pipe.on('data', (chunk: Buffer) => {
    pipe.pause()
    drain.receive(chunk).then(
      () => {
        if (drain.closed) pipe.destroy()
        else setImmediate(() => pipe.resume())
      },
      error => {
        pipe.destroy()
        failed(error)
      },
    )
  })
}

/** The options of standard streams, and the two shapes into which they are converted. */
import { types } from 'node:util'
import { Errno } from '../abi/errno.js'
import { refuse } from '../errors.js'
import { checkFd, wrongType, wrongValue } from '../validate.js'
import { ColourFilter } from './colours.js'
import type { Terminals } from './terminals.js'

/** Bytes, or text, which becomes UTF-8. */
export type StreamChunk = Uint8Array | string

/**
 * Standard input: `'inherit'`, file descriptor 0 of the host; `'ignore'`, empty; another file
 * descriptor of the host; the whole input as bytes; a function that returns the next chunk, or
 * undefined, null or an empty chunk at the end; or an iterable of chunks. Text goes in the option
 * `input`.
 */
export type StdinOption =
  | 'inherit'
  | 'ignore'
  | number
  | Uint8Array
  | (() => StreamChunk | null | undefined)
  // A string is iterable, but no object: it is refused.
  | (Iterable<StreamChunk> & object)
/**
 * Standard output or error: `'inherit'`, file descriptor 1 or 2 of the host; `'ignore'`, discarded;
 * another file descriptor of the host; a function that receives each write; or a Node stream, or an
 * object with its `write`.
 */
export type StdoutOption =
  | 'inherit'
  | 'ignore'
  | number
  | ((chunk: Buffer) => unknown)
  | WritableLike
/** The part of a Node `Writable` that is used. */
export interface WritableLike {
  /** Receives each write of the guest. */
  write(chunk: Buffer): unknown
  /** True if the guest sees a terminal. Default false. */
  readonly isTTY?: boolean | undefined
  /** True if it was destroyed: writes get PIPE, as in a pipe without a reader. Default false. */
  readonly destroyed?: boolean | undefined
  /** True if it was ended: writes get PIPE. Default false. */
  readonly writableEnded?: boolean | undefined
  /**
   * The error that destroyed it. Writes get IO, or PIPE if its reader went away (`EPIPE`). Default
   * none.
   */
  readonly errored?: Error | null | undefined
}

/** A stream of another thread, which may not be ready when the guest reads or writes it. */
export interface Readiness {
  /**
   * The bytes that can be read, or 0 at the end, and for an output that has room; -1 where a call
   * would wait.
   */
  ready(): number
  /** Waits until it is ready, for at most so many milliseconds. */
  wait(milliseconds: number): void
  /** Sets whether a call that would wait is refused with AGAIN, for all threads of the guest. */
  setNonblock(on: boolean): void
}

/** A source of the guest's input. */
export interface Source {
  /** The next bytes; none at the end. */
  read(): Uint8Array
  /** Called when the guest no longer reads. */
  close?(): void
  /** True if the guest sees a terminal. Default false. */
  readonly isTTY?: boolean
  /** Without it a read always returns. */
  readonly readiness?: Readiness
}
/** A destination of the guest's output. */
export interface Sink {
  write(chunk: Buffer): void
  readonly isTTY: boolean
  /** Without it a write always returns. */
  readonly readiness?: Readiness
  /** Flushes what it has kept, when the guest has ended. */
  end?(): void
  /** True if `write` does nothing, so that nothing need be copied for it. */
  readonly discards?: true
}

const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

/** Returns the bytes of a chunk. @param from the origin that an error names */
export function bytesOf(from: string, chunk: unknown): Uint8Array {
  if (chunk === undefined || chunk === null) return nothing
  if (typeof chunk === 'string') return encoder.encode(chunk)
  if (ArrayBuffer.isView(chunk))
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (types.isAnyArrayBuffer(chunk)) return new Uint8Array(chunk)
  throw wrongType(from, 'a string or bytes', chunk)
}

export const isBytes = (value: unknown): value is StreamChunk =>
  typeof value === 'string' || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)
const has = (value: unknown, name: PropertyKey): boolean =>
  value !== null &&
  typeof value === 'object' &&
  typeof (value as Record<PropertyKey, unknown>)[name] === 'function'

/** Standard input without a byte. */
export const emptySource: Source = { read: () => nothing }
/** An output that discards its bytes. */
export const discardSink: Sink = { isTTY: false, write() {}, discards: true }

/** The values of standard input, as messages list them. */
const inputs = (more: string): string =>
  `'inherit', 'ignore', a file descriptor, a function, an iterable${more} or bytes`
/** The same of an output. */
const outputs = (more: string): string =>
  `'inherit', 'ignore'${more}, a file descriptor, a function or an object with a write method`

/**
 * Checks an option of standard input.
 * @param more the values beyond these that a caller takes, for messages
 */
export function inputOf(name: string, value: unknown, more = ''): number | Source {
  if (value === 'inherit') return 0
  if (value === 'ignore') return emptySource
  if (typeof value === 'string')
    throw wrongValue(
      name,
      `must be ${inputs(more)}; pass text for the guest to read as options.input`,
      value,
    )
  if (isBytes(value)) return fromIterable(name, [value])
  if (typeof value === 'function') return { read: () => bytesOf(`what ${name} returns`, value()) }
  if (has(value, Symbol.iterator)) return fromIterable(name, value as Iterable<StreamChunk>)
  if (has(value, Symbol.asyncIterator))
    throw wrongValue(
      name,
      `must be ${inputs(more)}; only run() and Pool take asynchronous iterables`,
      value,
    )
  if (typeof value !== 'number') throw wrongType(name, inputs(more), value)
  checkFd(name, value)
  return value
}

/** Checks the option whose bytes, or text in UTF-8, are all that a guest reads. */
export function textOf(name: string, value: unknown): Uint8Array {
  if (!isBytes(value)) throw wrongType(name, 'a string or bytes', value)
  // A copy: the caller may change its bytes at once.
  return bytesOf(name, value).slice()
}

/** All that there is to read. */
export const sourceOf = (bytes: Uint8Array): Source => fromIterable('stdin', [bytes])

function fromIterable(name: string, chunks: Iterable<unknown>): Source {
  const iterator = chunks[Symbol.iterator]()
  return {
    read() {
      for (;;) {
        const { done, value } = iterator.next()
        if (done) return nothing
        const bytes = bytesOf(`a chunk of ${name}`, value)
        // An empty chunk is no end of those that are iterated over.
        if (bytes.length > 0) return bytes
      }
    },
    close: () => void iterator.return?.(),
  }
}

/** Says of an error of Node's that the reader is gone. */
export function isGone(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return (
    code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  )
}

/**
 * Checks an option of standard output or error.
 * @param fd the descriptor of the host that `'inherit'` stands for
 * @param more the words beyond these that a caller takes, for messages
 */
export function outputOf(fd: 1 | 2, name: string, value: unknown, more = ''): number | Sink {
  if (value === 'inherit') return fd
  if (value === 'ignore') return discardSink
  if (value === 'capture')
    throw wrongValue(
      name,
      `must be ${outputs(more)}; only run() and Pool capture what a guest writes`,
      value,
    )
  if (typeof value === 'string') throw wrongValue(name, `must be ${outputs(more)}`, value)
  if (typeof value === 'function')
    return { isTTY: false, write: chunk => void value(chunk), ...endOf(value) }
  if (!has(value, 'write')) {
    if (typeof value !== 'number') throw wrongType(name, outputs(more), value)
    checkFd(name, value)
    return value
  }
  const writer = value as WritableLike
  return {
    isTTY: writer.isTTY === true,
    write(chunk) {
      const { errored } = writer
      if (errored && !isGone(errored)) throw errored
      if (writer.destroyed || writer.writableEnded) refuse(Errno.PIPE)
      writer.write(chunk)
    },
  }
}

/** The `end` of a function that has one, as `lines` makes it. */
export function endOf(take: object): Pick<Sink, 'end'> {
  const { end } = take as { end?: unknown }
  return typeof end === 'function' ? { end: () => void end.call(take) } : {}
}

/**
 * A sink for a terminal that the guest cannot steer: control characters are shown as pictures, and
 * only colours pass.
 * @param terminals receives this one
 */
export function plainSink(sink: Sink, terminals: Terminals): Sink {
  const decoder = new TextDecoder()
  const colours = new ColourFilter(() => terminals.coloured())
  const write = (text: string): void => {
    if (text !== '') sink.write(Buffer.from(text))
  }
  terminals.add({ end: () => write(colours.end()) })
  return {
    ...sink,
    isTTY: true,
    write: chunk => write(colours.filter(decoder.decode(chunk, { stream: true }))),
  }
}

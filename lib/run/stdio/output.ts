/** An output of one run: checks the options `stdout` and `stderr`, and makes what takes them. */
import { HookFailure } from '../../errors.js'
import { discardSink, isGone, outputOf, type WritableLike } from '../../stdio/streams.js'
import { Capture } from './capture.js'
import { type Conveyed, Drain } from './pipes.js'
import { keeping, StreamError, StreamWriter } from './writer.js'

/** The value that `run` and Pool take beyond those of a guest in this thread, for messages. */
const moreOutputs = ", 'capture'"

/** An output of one run. */
export interface RunSink {
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

export function outputFor(fd: 1 | 2, name: string, value: unknown, most: number): RunSink {
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

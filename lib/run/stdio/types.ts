/** The standard streams of a run, as options and as results. */
import type { StdinOption, StdoutOption, StreamChunk } from '../../stdio/streams.js'

/**
 * The standard input of a run: {@link StdinOption}, or a source that the run waits for: a Node or
 * web stream, an async generator, or a function that returns a promise of the next chunk.
 */
export type RunStdinOption =
  | StdinOption
  | AsyncIterable<StreamChunk>
  | (() => Promise<StreamChunk | null | undefined>)
/**
 * The standard output or error of a run: {@link StdoutOption}, or `'capture'`, a part of the
 * result. The guest waits for a promise that a function returns.
 */
export type RunStdoutOption = StdoutOption | 'capture'

/** The form of captured output: `'utf8'` for strings, `'buffer'` for Buffers. */
export type OutputEncoding = 'utf8' | 'buffer'

/** The captured output of a guest, as strings with `encoding: 'utf8'`. */
export interface CapturedOutput<Content extends string | Buffer = Buffer> {
  /** The captured standard output; empty if it was not captured. */
  readonly stdout: Content
  /** The captured standard error; empty if it was not captured. */
  readonly stderr: Content
  /** True if the guest wrote more than `maxOutput` to a stream. It then got PIPE. */
  readonly truncated: boolean
}

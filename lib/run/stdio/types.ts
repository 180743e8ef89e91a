/** The standard streams of a run, as an embedder gives them and gets them back. */
import type { StdinOption, StdoutOption, StreamChunk } from '../../stdio/streams.js'

/**
 * Standard input of a run may be waited for, too: a stream of Node or of the web, an async
 * generator, a function's promise.
 */
export type RunStdinOption =
  | StdinOption
  | AsyncIterable<StreamChunk>
  | (() => Promise<StreamChunk | null | undefined>)
/**
 * `capture` (the default) makes it part of the result. A function may answer with a promise: the
 * guest then waits for that.
 */
export type RunStdoutOption = StdoutOption | 'capture'

/** The form of captured output: a string that is decoded from UTF-8, or a Buffer. */
export type Encoding = 'utf8' | 'buffer'

/** The captured output of a guest, as strings with `encoding: 'utf8'`. */
export interface CapturedOutput<Content extends string | Buffer = Buffer> {
  /** The bytes or text of standard output; empty where that was not captured. */
  readonly stdout: Content
  /** The same of standard error. */
  readonly stderr: Content
  /**
   * Whether it wrote more than `maxOutput`; it was refused with PIPE then, as if its reader had
   * gone away.
   */
  readonly truncated: boolean
}

/** A guest that runs while the embedder writes to it and reads from it. */
import type { Readable, Writable } from 'node:stream'
import type { RunOptions, RunResult } from '../options.js'
import type { Encoding, RunStdinOption, RunStdoutOption } from '../stdio/types.js'

/** The values of `stdin` of `spawn`. */
export type SpawnStdinOption = 'pipe' | RunStdinOption | undefined
/** The values of `stdout` and `stderr` of `spawn`. */
export type SpawnStdoutOption = 'pipe' | RunStdoutOption | undefined

/** The options of `spawn`: those of `run`, with streams that are pipes by default. */
export interface SpawnOptions
  extends Omit<RunOptions<Encoding>, 'stdin' | 'stdout' | 'stderr' | 'encoding'> {
  /**
   * `'pipe'`, the default unless `input` is given: the `stdin` of the guest that is returned.
   * Otherwise as for `run`.
   */
  readonly stdin?: SpawnStdinOption
  /** `'pipe'`, the default: the `stdout` of the guest that is returned. Otherwise as for `run`. */
  readonly stdout?: SpawnStdoutOption
  /** `'pipe'`, the default: the `stderr` of the guest that is returned. Otherwise as for `run`. */
  readonly stderr?: SpawnStdoutOption
  /** With `'utf8'` the pipes have text, as by `setEncoding`. Otherwise as for `run`. */
  readonly encoding?: Encoding | undefined
}

/** Refuses options that are unknown. */
export type Known<Options> = {
  readonly [Name in Exclude<keyof Options, keyof SpawnOptions>]: never
}

/** The type of an option; undefined if it is left out. */
type Given<Options, Name extends keyof SpawnOptions> = Name extends keyof Options
  ? Options extends { readonly [N in Name]: infer Option }
    ? Option
    : SpawnOptions[Name]
  : undefined

/** The stream of an option: null unless that is `'pipe'` or undefined. */
type Pipe<Option, Stream> = [Option] extends ['pipe' | undefined]
  ? Stream
  : [Extract<Option, 'pipe' | undefined>] extends [never]
    ? null
    : Stream | null

/** The guest that `spawn` returns for these options. */
export type SpawnedBy<Options extends SpawnOptions> = SpawnedGuest<
  Given<Options, 'input'> extends undefined
    ? Pipe<Given<Options, 'stdin'>, Writable>
    : Given<Options, 'input'> extends string | Uint8Array
      ? null
      : Writable | null,
  Pipe<Given<Options, 'stdout'>, Readable>,
  Pipe<Given<Options, 'stderr'>, Readable>,
  [Given<Options, 'encoding'>] extends ['buffer' | undefined]
    ? Buffer
    : [Given<Options, 'encoding'>] extends ['utf8']
      ? string
      : string | Buffer
>

/** A guest that runs. The types of its streams follow the options of `spawn`. */
export interface SpawnedGuest<
  Stdin extends Writable | null = Writable | null,
  Stdout extends Readable | null = Readable | null,
  Stderr extends Readable | null = Readable | null,
  Content extends string | Buffer = string | Buffer,
> {
  /**
   * The guest's standard input, which `end()` ends. A write waits while the guest does not read, as
   * soon as 64 KiB are kept. At the guest's end the stream is destroyed. null unless
   * `options.stdin` is `'pipe'`.
   */
  readonly stdin: Stdin
  /**
   * The guest's standard output. While you do not read, the guest waits: up to 1 MiB, and one write
   * of the guest, are kept. It ends when the guest does, also where that failed. A guest that writes
   * after you destroyed it gets PIPE. null unless `options.stdout` is `'pipe'`.
   */
  readonly stdout: Stdout
  /** The same of standard error. */
  readonly stderr: Stderr
  /**
   * Resolves when the guest has ended and its output has been read, as `run` does. It rejects with
   * what `run` rejects with. A guest that fails causes no `unhandledRejection`; a wrong option does.
   */
  readonly exited: Promise<RunResult<Content>>
  /**
   * Ends the guest at once, whatever it does: `exited` rejects with `ERR_WASI_ABORTED`, and
   * `reason` as its `cause`. Does nothing when the guest has ended.
   */
  kill(reason?: unknown): void
  /**
   * The lines of `stdout`, as UTF-8 text without their ends. A line of more than 64 Ki characters
   * comes in pieces. Throws what `exited` rejects with, unless `kill` ended the guest. Leaving the
   * loop early destroys `stdout`.
   * @throws Error with code ERR_INVALID_STATE unless `options.stdout` is `'pipe'`
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string>
  /** Ends the guest, and waits until nothing of it is left. */
  [Symbol.asyncDispose](): Promise<void>
}

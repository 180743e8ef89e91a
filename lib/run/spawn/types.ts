/** The types of `spawn`. */
import type { Readable, Writable } from 'node:stream'
import type { RunOptions, RunResult } from '../options.js'
import type { OutputEncoding, RunStdinOption, RunStdoutOption } from '../stdio/types.js'

/** The option `stdin` of {@link spawn}: a pipe, or a value of {@link RunStdinOption}. */
export type SpawnStdinOption = 'pipe' | RunStdinOption | undefined
/** The options `stdout` and `stderr` of {@link spawn}: a pipe, or a {@link RunStdoutOption}. */
export type SpawnStdoutOption = 'pipe' | RunStdoutOption | undefined

/** The options of {@link spawn}: those of {@link run}, with pipes as default streams. */
export interface SpawnOptions
  extends Omit<RunOptions<OutputEncoding>, 'stdin' | 'stdout' | 'stderr' | 'encoding'> {
  /**
   * The guest's standard input: `'pipe'` for the `stdin` of the returned guest, or as for `run`.
   * Default `'pipe'`, unless `input` is set.
   */
  readonly stdin?: SpawnStdinOption
  /**
   * The guest's standard output: `'pipe'` for the `stdout` of the returned guest, or as for `run`.
   * Default `'pipe'`.
   */
  readonly stdout?: SpawnStdoutOption
  /** The guest's standard error, as `stdout`. Default `'pipe'`. */
  readonly stderr?: SpawnStdoutOption
  /**
   * The form of captured output, as for `run`, and of pipes: with `'utf8'` they emit strings, as
   * after `setEncoding`. Default `'buffer'`.
   */
  readonly encoding?: OutputEncoding | undefined
}

/** Refuses unknown options. */
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

/**
 * The {@link SpawnedGuest} that {@link spawn} returns for these options, with `null` for each
 * stream that is no pipe.
 */
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

/** A running guest. The types of its streams follow the options of {@link spawn}. */
export interface SpawnedGuest<
  Stdin extends Writable | null = Writable | null,
  Stdout extends Readable | null = Readable | null,
  Stderr extends Readable | null = Readable | null,
  Content extends string | Buffer = string | Buffer,
> {
  /**
   * The guest's standard input, which `end()` ends. It buffers 64 KiB; then writes wait until the
   * guest reads. It is destroyed when the guest has ended. null unless `options.stdin` is `'pipe'`.
   */
  readonly stdin: Stdin
  /**
   * The guest's standard output. It buffers 1 MiB, and one write of the guest; then the guest waits
   * until you read. It ends with the guest, without an error even if that failed. After you destroy
   * it, the guest's writes get PIPE. null unless `options.stdout` is `'pipe'`.
   */
  readonly stdout: Stdout
  /** The guest's standard error, as `stdout`. null unless `options.stderr` is `'pipe'`. */
  readonly stderr: Stderr
  /**
   * Settles as {@link run} does, when the guest has ended and its output has been read. A
   * {@link RunError} causes no `unhandledRejection`; a wrong option does.
   */
  readonly exited: Promise<RunResult<Content>>
  /**
   * Terminates the guest at once, whatever it does: `exited` rejects with `ERR_WASI_ABORTED`, whose
   * `cause` is `reason`. Does nothing after the guest has ended.
   */
  kill(reason?: unknown): void
  /**
   * Iterates over the lines of `stdout`, as UTF-8 text without their `\n` or `\r\n`. A line of more
   * than 64 Ki characters comes in chunks. The end throws what `exited` rejects with, unless `kill`
   * ended the guest. A loop that is left early destroys `stdout`.
   * @throws Error with code `ERR_INVALID_STATE` unless `options.stdout` is `'pipe'`
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<string>
  /** Calls `kill`, and waits until the guest has ended, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

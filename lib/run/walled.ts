/** A guest in a process of its own behind the wall: how it is started, heard and ended. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { coded } from '../errors.js'
import type { Metrics } from '../metrics.js'
import { type Settings, settingsOf } from '../options.js'
import { checkPortable } from '../replay/options.js'
import { walled } from '../sys/wall.js'
import { wrongType, wrongValue } from '../validate.js'
import { channel, control, heard, type Line, longestLine, type Request } from './lines.js'
import { errorOf, unexpectedOf } from './messages.js'
import type { RunOptions, RunResult, Wall } from './options.js'
import type { Stdio } from './stdio.js'
import { termsOf, untilEnd } from './terms.js'

/** What the callers of `run` have no say in. */
export interface Ways {
  /** For tests: what runs behind the wall in place of the guest. */
  readonly entry?: string
}

const ownEntry = fileURLToPath(new URL('./process.js', import.meta.url))

/** Run the module of these bytes. Nothing of it is left when it ends, however it does. */
export async function runInProcess(
  bytes: Uint8Array | WebAssembly.Module,
  options: RunOptions,
  { entry = ownEntry }: Ways = {},
): Promise<RunResult> {
  if (bytes instanceof WebAssembly.Module) throw wrongType('source', "the bytes of a module where options.isolation is 'process'", bytes)
  const [terms, own] = termsOf(options)
  const { threads, wall, maxMemory, signal, stdio } = terms
  checkPortable({ ...own })
  if (own.listen !== undefined && own.listen.length > 0)
    throw wrongValue('options.listen', "does not go with options.isolation 'process', which has no network", own.listen)
  const settings = settingsOf({ ...own, version: own.version ?? 'preview1' })
  const { trace, report, counts, ...plain } = settings
  const folders = settings.preopens.map(({ name, path, place, file, files, readOnly }) => {
    const inMemory = files !== undefined || path === undefined
    if (inMemory)
      throw wrongValue(`options.preopens['${name}']`, "lies in memory, which does not go with options.isolation 'process'", own.preopens)
    return { path: file ?? place ?? path, readOnly }
  })
  signal?.throwIfAborted()
  const { file, args, env } = walled({
    strict: wall === 'strict',
    folders,
    channel,
    control,
    program: ['--no-warnings', entry],
  })
  const request: Request = {
    bytes,
    settings: { ...plain, stdio: [0, 1, 2] },
    version: own.version,
    threads,
    maxMemory,
    traced: trace !== undefined,
    measured: counts !== undefined,
  }
  const child = start(file, args, {
    env,
    stdio: [...stdio.conveyed.map(stream => (typeof stream === 'number' ? stream : 'pipe')), 'pipe', 'pipe'],
  })
  const cell = new Cell(child, request, settings, stdio)
  const { exitCode, wall: stood, metrics } = await untilEnd(cell, terms)
  return { exitCode, ...stdio.captured, wall: stood, ...(counts && { metrics }) }
}

function start(file: string, args: string[], options: { env: Record<string, string>; stdio: StdioOptions }): ChildProcess {
  try {
    return spawn(file, args, options)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBADF') throw cause
    const message = `UVWASI_EBADF, uvwasi_init: cannot open stdin, stdout or stderr: ${(cause as Error).message}`
    throw coded(new Error(message, { cause }), 'UVWASI_EBADF')
  }
}

const lost = (message: string): Error => coded(new Error(message), 'ERR_WASI_PROCESS_LOST')

interface Ended {
  readonly exitCode: number
  readonly wall: Wall
  readonly metrics: Metrics
}

/** One process. It is ended by a signal that it cannot hear, and the result waits until it is gone. */
class Cell {
  readonly result: Promise<Ended>
  readonly #child: ChildProcess
  readonly #channel: Duplex
  readonly #control: Duplex
  readonly #request: Request
  readonly #hooks: Pick<Settings, 'trace' | 'report'>
  #wall: Wall | undefined
  #rest = ''
  /** It told its end by itself. */
  #ended = false
  /** Somebody had enough of it, or has failed himself: what comes of it has been decided, and nobody waits for what it wrote. */
  #failed = false
  /** What comes of it, when that is known. */
  #outcome: (() => Ended) | undefined
  #hurry = (): void => {}

  constructor(child: ChildProcess, request: Request, hooks: Pick<Settings, 'trace' | 'report'>, stdio: Stdio) {
    this.#child = child
    this.#channel = child.stdio[channel] as Duplex
    this.#control = child.stdio[control] as Duplex
    this.#request = request
    this.#hooks = hooks
    const hurried = new Promise<void>(resolve => {
      this.#hurry = resolve
    })
    this.result = new Promise((resolve, reject) => {
      child.on('error', cause => {
        this.fail(coded(new Error(`the launcher of the wall cannot be started: ${cause.message}`, { cause }), 'ERR_WASI_NO_WALL'))
      })
      child.on('close', (code, signal) => {
        stdio.close()
        // What it wrote before its end is taken first.
        const taken = this.#ended ? Promise.race([stdio.end(), hurried]) : Promise.resolve()
        taken.then(() => resolve((this.#outcome ?? this.#nothingSaid(code, signal))())).catch(reject)
      })
    })
    stdio.serve(child.stdio, error => this.fail(error))
    for (const stream of [this.#channel, this.#control]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => this.#hear(text))
      // It ends while it is asked, or talks: which is told by its end.
      stream.on('error', () => {})
    }
  }

  /** Not before the launcher has told how the wall is: what it left unread would take its last words with it. */
  #ask(): void {
    const body = serialize(this.#request)
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    this.#channel.write(head)
    this.#channel.write(body)
  }

  /** End it, and fail with this: also where it has ended, and its embedder does not take what it wrote. */
  fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#finish(() => {
      throw error
    })
    // Before its pipes are closed it is not gone, and nobody reads on in those whose reader has failed, or waits.
    for (const pipe of this.#child.stdio) pipe?.destroy()
    this.#hurry()
  }

  #finish(outcome: () => Ended): void {
    this.#outcome = outcome
    this.#control.destroy()
    this.#channel.destroy()
  }

  #nothingSaid(code: number | null, signal: string | null): () => Ended {
    return () => {
      throw lost(`the guest's process ended without a word, ${signal === null ? `with exit code ${code}` : `by ${signal}`}`)
    }
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() as string
    try {
      if (this.#rest.length > longestLine) throw lost("the guest's process says more than it may")
      for (const line of lines) if (this.#outcome === undefined) this.#obey(heard(line))
    } catch (error) {
      // The embedder's own hook may throw, too.
      this.fail(error)
    }
  }

  #obey(line: Line | undefined): void {
    if (line === undefined) throw lost("the guest's process says what no process of a guest says")
    // The launcher has the first word, and only that one.
    const wall = this.#wall
    if (wall === undefined || line.kind === 'broken') this.#stand(line)
    else if (line.kind === 'exit') {
      this.#ended = true
      this.#finish(() => ({ exitCode: line.code, wall, metrics: line.metrics ?? {} }))
    } else if (line.kind === 'failed') this.fail(errorOf(line.error))
    else if (line.kind === 'trace') this.#hooks.trace?.(line.line)
    else if (line.kind === 'unexpected') this.#hooks.report(unexpectedOf(line))
    else throw lost("the guest's process says what only its launcher may say")
  }

  #stand(line: Line): void {
    if (line.kind === 'wall') {
      this.#wall = line.wall
      this.#ask()
    } else if (line.kind === 'refused') {
      const { landlock, seccomp } = line.wall
      const has = `Landlock ${landlock === false ? 'none' : `version ${landlock}`}, seccomp ${seccomp ? 'yes' : 'no'}`
      throw coded(new Error(`this kernel has not all that a strict wall is made of, Landlock 3 and seccomp: ${has}`), 'ERR_WASI_NO_WALL')
    } else if (line.kind === 'broken') {
      throw coded(new Error(`the wall could not be set: ${line.call} failed with error ${line.error}`), 'ERR_WASI_NO_WALL')
    } else throw lost("the guest's process speaks before its launcher")
  }
}

/** One child process of a guest, from its start to its end. */
import type { Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import { getSystemErrorName } from 'node:util'
import { serialize } from 'node:v8'
import { callHook, coded } from '../../errors.js'
import type { Metrics } from '../../observe/metrics.js'
import { setOpen } from '../../observe/unterminated.js'
import { plainLine } from '../../stdio/terminal-escapes.js'
import type { OsSandbox } from '../options.js'
import type { Stdio } from '../stdio/stdio.js'
import { deserializeError, unexpectedOf } from '../worker/messages.js'
import { guestLine, type LauncherLine, launcherLine } from './check-lines.js'
import { LineReader } from './line-reader.js'
import { channel, control, longestControlLine, longestLine } from './protocol.js'
import type { Ended, Launcher, Sandbox, Task } from './task.js'

/**
 * The time that the launcher has to end, in milliseconds: so long after `control` is closed it is
 * killed, and as long after that the run settles whether or not it has ended.
 */
export const grace = 1000
/** Below version 3, open(2) truncates files that may only be read. */
const leastLandlock = 3

const lost = (message: string): Error => coded(new Error(message), 'ERR_WASI_PROCESS_LOST')
const noSandbox = (message: string): Error =>
  coded(new Error(message), 'ERR_WASI_OS_SANDBOX_UNAVAILABLE')

export class GuestProcess {
  readonly result: Promise<Ended>
  readonly #launcher: Launcher
  readonly #channel: Duplex
  readonly #control: Duplex
  readonly #sandbox: Sandbox
  #task: Task | undefined
  /** Served from the start of the process, or of one that was started ahead, from its first line. */
  #stdio: Stdio | undefined
  readonly #readers: readonly LineReader[]
  #settle: { resolve(ended: Promise<Ended>): void } = { resolve() {} }
  /** The OS sandbox, once the launcher has reported it. */
  osSandbox: OsSandbox | undefined
  /** The hostcalls of a guest that failed by itself, if they were counted. */
  metrics: Metrics | undefined
  /** It has sent a line, so it has taken its request. */
  started = false
  #onStart = (): void => {}
  #onStanding = (): void => {}
  /** Resolves once the launcher has reported a sandbox that is accepted. */
  readonly standing: Promise<void>
  /** It ended by itself, and not well: that is the outcome, whatever follows. */
  #broken = false
  /** The embedder ends it, or has failed: its output is not awaited for long. */
  failed = false
  /** The outcome, once it is known. */
  #outcome: (() => Ended) | undefined
  #deadline: NodeJS.Timeout | undefined
  #gone = false
  /** Its pipes have ended, too. */
  #closed = false
  #hurry = (): void => {}
  readonly #hurried: Promise<void>

  /** A process without a guest: its launcher has been started. */
  constructor(launcher: Launcher, sandbox: Sandbox) {
    this.#launcher = launcher
    this.#channel = launcher.stdio[channel] as Duplex
    this.#control = launcher.stdio[control] as Duplex
    this.#sandbox = sandbox
    this.standing = new Promise<void>(resolve => {
      this.#onStanding = resolve
    })
    this.#hurried = new Promise<void>(resolve => {
      this.#hurry = resolve
    })
    this.result = new Promise(resolve => {
      this.#settle = { resolve }
    })
    launcher.on('error', error => this.#launcherFailed(error as NodeJS.ErrnoException))
    launcher.on('exit', () => this.#rest())
    launcher.on(
      'close',
      (code: number | null, signal: string | null) => void this.#close(code, signal),
    )
    this.#readers = [
      this.#read(this.#control, longestControlLine, line => this.#onLauncher(launcherLine(line))),
      this.#read(this.#channel, longestLine, line => this.#onGuest(line)),
    ]
    // It may end while it is asked, or while it answers: `close` says so.
    for (const stream of launcher.stdio) stream?.on('error', () => {})
  }

  /**
   * Gives it its one guest. A process that has waited for it may die before it takes the request:
   * its streams are not touched before, so that another process can have them.
   * @param onStart called when it has taken the request
   */
  begin(task: Task, onStart = (): void => {}): void {
    this.#task = task
    this.#onStart = onStart
    if (this.osSandbox === undefined) this.#serve(task)
    else this.#ask(task)
  }

  #serve({ stdio }: Task): void {
    if (this.#stdio !== undefined) return
    this.#stdio = stdio
    stdio.serve(this.#launcher.stdio, error => this.fail(error))
  }

  /** Lets the event loop end while the process waits for a guest. */
  unref(): void {
    this.#hold('unref')
  }

  ref(): void {
    this.#hold('ref')
  }

  #hold(way: 'ref' | 'unref'): void {
    this.#launcher[way]()
    for (const pipe of this.#launcher.stdio) (pipe as Partial<Socket> | null)?.[way]?.()
  }

  #read(stream: Readable, longest: number, obey: (line: string) => void): LineReader {
    return new LineReader(stream, {
      longest,
      tooLong: () =>
        this.fail(lost(`the guest's process sent a line of more than ${longest} bytes`)),
      take: line => {
        try {
          obey(line)
        } catch (error) {
          // The embedder's own hook may throw, too.
          this.fail(error)
        }
      },
    })
  }

  /**
   * Ends it, and fails with this, unless it has failed by itself. What it wrote before is read to
   * its end.
   */
  fail(error: unknown): void {
    if (this.failed) return
    this.failed = true
    const fails = (): never => {
      throw error
    }
    this.#finish((this.#broken && this.#outcome) || fails)
    this.#launcher.stdio[0]?.destroy()
    this.#stdio?.stop()
    if (this.#gone && !this.#closed) this.#expect()
    this.#hurry()
  }

  /** Ends it: the launcher does so when `control` closes, as another user than this process too. */
  #finish(outcome: () => Ended): void {
    this.#outcome = outcome
    for (const reader of this.#readers) reader.close()
    for (const stream of [this.#control, this.#channel]) stream.destroy()
    // Its last line may be taken when it has ended.
    if (this.#gone) return
    this.#deadline ??= setTimeout(() => {
      this.#launcher.kill('SIGKILL')
      this.#deadline = setTimeout(() => this.#leave(), grace)
    }, grace)
  }

  /** It has ended: there is nothing to kill. */
  #rest(): void {
    this.#gone = true
    clearTimeout(this.#deadline)
    if (this.failed) this.#expect()
  }

  /** Expects the end of its pipes, which a process that it has left behind may hold open. */
  #expect(): void {
    this.#deadline = setTimeout(() => this.#destroyPipes(), grace)
  }

  #destroyPipes(): void {
    for (const pipe of this.#launcher.stdio) pipe?.destroy()
  }

  /**
   * An error of the launcher: it cannot be started, or, by a process that has given up root, not be
   * killed.
   */
  #launcherFailed(error: NodeJS.ErrnoException): void {
    if (error.syscall === 'kill') return
    this.fail(
      coded(
        new Error(`the sandbox launcher cannot be started: ${error.message}`, { cause: error }),
        'ERR_WASI_OS_SANDBOX_UNAVAILABLE',
      ),
    )
  }

  /** Neither the launcher nor the kernel ended it. */
  #leave(): void {
    this.#destroyPipes()
    this.#launcher.unref()
    this.#stdio?.stop()
    this.#hurry()
    const stays = (): never => {
      throw lost(`the guest's process still exists ${2 * grace} ms after it was ended`)
    }
    this.#settleWith(this.failed ? this.#outcome : stays)
  }

  async #close(code: number | null, signal: string | null): Promise<void> {
    this.#gone = this.#closed = true
    clearTimeout(this.#deadline)
    // Its last lines may still wait for their slice of time.
    await Promise.all(this.#readers.map(reader => reader.idle()))
    if (this.#outcome === undefined) {
      this.#broken = true
      this.#outcome = nothingSent(code, signal)
    }
    this.#settleWith(() => (this.#outcome as () => Ended)())
  }

  /** Settles when its output is taken. */
  #settleWith(outcome: (() => Ended) | undefined): void {
    const stdio = this.#stdio
    stdio?.close()
    const left = this.#hurried.then(() => stdio?.left())
    const ownEnd = async (): Promise<void> => {
      try {
        await stdio?.end()
      } catch (error) {
        if (!this.#broken) throw error
      }
    }
    const taken = this.failed ? left : Promise.race([ownEnd(), left])
    this.#settle.resolve(taken.then(outcome as () => Ended))
  }

  /**
   * Not before the launcher has reported: a channel that closes with unread bytes loses its last
   * lines.
   */
  #ask({ request, bytes }: Task): void {
    const body = serialize(request)
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    this.#channel.cork()
    for (const part of [head, body, bytes]) this.#channel.write(part)
    this.#channel.uncork()
  }

  #onGuest(text: string): void {
    const [osSandbox, task] = [this.osSandbox, this.#task]
    if (osSandbox === undefined || task === undefined)
      throw lost("the guest's process sent a line before it received its request")
    const first = !this.started
    this.started = true
    const line = guestLine(text, task.request)
    this.#serve(task)
    if (first) this.#onStart()
    switch (line?.kind) {
      case 'taken':
        if (first) break
        throw lost("the guest's process accepted its request twice")
      case 'exit':
        this.#finish(() => ({ exitCode: line.code, osSandbox, metrics: line.metrics }))
        break
      case 'failed': {
        const error = deserializeError(line.error)
        this.#broken = true
        this.metrics = line.metrics
        this.#finish(() => {
          throw error
        })
        break
      }
      case 'trace':
        if (line.open && task.hooks.openLine !== undefined) setOpen(task.hooks.openLine, 0)
        callHook('options.trace', () => task.hooks.trace?.(line.line))
        break
      case 'unexpected':
        callHook('options.onUnexpected', () => task.hooks.report(unexpectedOf(line)))
        break
      default:
        throw lost("the guest's process sent an invalid line")
    }
  }

  /** The launcher reports once, and once more if it then cannot start the process. */
  #onLauncher(line: LauncherLine | undefined): void {
    const first = this.osSandbox === undefined
    if (line === undefined || this.started || !(first || line.kind === 'broken')) {
      throw lost('the sandbox launcher sent an unexpected line')
    }
    if (line.kind === 'broken') {
      throw noSandbox(
        `the OS sandbox could not be set up: ${this.#failure(line)}. Allow the call for this process, or change the options`,
      )
    }
    const { landlock, seccomp } = line.osSandbox
    if (
      line.kind === 'refused' ||
      (this.#sandbox.strict && (Number(landlock) < leastLandlock || !seccomp))
    ) {
      const has = `Landlock: ${landlock || 'none'}, seccomp: ${seccomp ? 'yes' : 'no'}`
      const advice = "Use a newer kernel, or accept a weaker sandbox with osSandbox: 'best-effort'"
      throw noSandbox(
        `osSandbox: 'require' needs Landlock ABI 3 (Linux 6.2) and seccomp; this kernel has ${has}. ${advice}`,
      )
    }
    this.osSandbox = line.osSandbox
    this.#onStanding()
    if (this.#task !== undefined) this.#ask(this.#task)
  }

  #failure({ call, error, file = -1 }: LauncherLine & { kind: 'broken' }): string {
    const path = this.#sandbox.opened[file]
    const name = error > 0 ? getSystemErrorName(-error) : `error ${error}`
    return `${call} failed with ${name}${path === undefined ? '' : ` for ${JSON.stringify(plainLine(path))}`}`
  }
}

const nothingSent = (code: number | null, signal: string | null) => (): never => {
  throw lost(
    `the guest's process ended without a result, ${signal === null ? `with exit code ${code}` : `by ${signal}`}`,
  )
}

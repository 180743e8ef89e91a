/**
 * A launcher and a guest's process that are played by a test, in the same process: they send what
 * the test says.
 */
import { EventEmitter } from 'node:events'
import { Duplex } from 'node:stream'
import type { UnexpectedError } from '#lib/errors.js'
import { GuestProcess } from '#lib/run/process/guest-process.js'
import type { Request } from '#lib/run/process/protocol.js'
import type { Launcher } from '#lib/run/process/task.js'
import { Stdio } from '#lib/run/stdio/stdio.js'

/** The host's end of a socket. */
class Socket extends Duplex {
  /** Number of bytes that the host has written. */
  written = 0
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.length
    done()
  }
}

export interface Manner {
  readonly traced?: boolean
  readonly measured?: boolean
  readonly strict?: boolean
  readonly trace?: (line: string) => void
  readonly report?: (error: UnexpectedError) => void
  /** It ends neither by its descriptor nor by a signal. */
  readonly stubborn?: boolean
}

export class Speaker extends EventEmitter {
  readonly channel = new Socket()
  readonly control = new Socket()
  readonly stdio = [null, null, null, this.channel, this.control] as unknown as Launcher['stdio']
  /** The times at which it was killed, in milliseconds after its start. */
  readonly kills: number[] = []
  readonly child: GuestProcess
  /** True if the event loop waits for it. */
  referenced = true
  readonly #start = performance.now()
  #ended = false

  constructor({
    traced = false,
    measured = false,
    strict = true,
    trace,
    report = () => {},
    stubborn = false,
  }: Manner = {}) {
    super()
    if (!stubborn) this.control.on('close', () => this.end(null, 'SIGKILL'))
    const request = {
      size: 8,
      settings: {},
      version: undefined,
      threads: 0,
      maxMemory: undefined,
      traced,
      measured,
    }
    const stdio = new Stdio({ stdin: 0, stdout: 1, stderr: 2 })
    this.child = new GuestProcess(this as unknown as Launcher, {
      strict,
      opened: ['/a\u001b\nb'],
    })
    this.child.begin({
      request: request as unknown as Request,
      bytes: new Uint8Array(8),
      hooks: { trace, report },
      stdio,
    })
  }

  kill(): boolean {
    this.kills.push(performance.now() - this.#start)
    // Fails as Node does when the kernel forbids the signal.
    this.emit('error', Object.assign(new Error('kill EPERM'), { code: 'EPERM', syscall: 'kill' }))
    return false
  }
  unref(): void {
    this.referenced = false
  }

  /** Reports a kernel that has the whole OS sandbox; the host sends the guest then. */
  async stand(): Promise<this> {
    this.control.push('{"kind":"sandbox","landlock":7,"seccomp":true}\n')
    while (this.channel.written === 0 && !this.channel.destroyed) await new Promise(setImmediate)
    return this
  }
  say(...messages: (object | string | Uint8Array)[]): this {
    for (const message of messages) {
      const bytes =
        typeof message === 'string' || message instanceof Uint8Array
          ? message
          : `${JSON.stringify(message)}\n`
      if (!this.channel.destroyed) this.channel.push(bytes)
    }
    return this
  }
  /** It ends, and Node says so once its sockets are at their end. */
  end(code: number | null = 0, signal: string | null = null): void {
    if (this.#ended) return
    this.#ended = true
    this.emit('exit', code, signal)
    for (const socket of [this.channel, this.control]) {
      if (socket.destroyed) continue
      socket.push(null)
      socket.resume()
    }
    const open = [this.channel, this.control].filter(
      ({ closed, readableEnded }) => !closed && !readableEnded,
    )
    Promise.all(
      open.map(
        socket => new Promise(resolve => socket.once('end', resolve).once('close', resolve)),
      ),
    ).then(() => this.emit('close', code, signal))
  }
  /** The outcome: the result, or the error. */
  async outcome(): Promise<{
    exitCode?: number
    error?: Error & { code?: string; cause?: unknown }
    metrics?: unknown
  }> {
    return this.child.result.then(
      ({ exitCode, metrics }) => ({ exitCode, metrics }),
      error => ({ error }),
    )
  }
}

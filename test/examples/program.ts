/** Programs of examples/ under way, whose output is awaited line by line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const folder = fileURLToPath(new URL('../../../examples/', import.meta.url))

/** The milliseconds within which an expected line must come. */
const patience = 60_000

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A child process that keeps what it prints. */
export class Program {
  output = ''
  errors = ''
  readonly process: ChildProcess
  /** The exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>

  constructor(program: string, args: readonly string[], env: Record<string, string> = {}) {
    this.process = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process.stdout?.setEncoding('utf8').on('data', text => {
      this.output += text
      this.process.emit('output')
    })
    this.process.stderr?.setEncoding('utf8').on('data', text => {
      this.errors += text
    })
    this.ended = once(this.process, 'close').then(([code, signal]) => code ?? signal)
    // The caller that awaits it handles it.
    this.ended.catch(() => {})
  }

  /** A program of examples/. */
  static example(
    path: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Program {
    return new Program(process.execPath, [path, ...args], env)
  }

  /** Waits until the output matches. An Error contains the output. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(patience)
    const ended = this.ended.then(() => true)
    for (let over = false; ; ) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      const { spawnfile, spawnargs } = this.process
      if (over || signal.aborted)
        throw new Error(
          `${[spawnfile, ...spawnargs.slice(1)].join(' ')} printed no ${pattern}, but:\n${this.output}${this.errors}`,
        )
      const timeout = once(this.process, 'output', { signal }).then(
        () => false,
        () => false,
      )
      over = await Promise.race([timeout, ended])
    }
  }

  /** Ends the process at once, if it has not ended. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
  }
}

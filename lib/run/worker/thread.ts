/** A worker that is a thread of one guest after another: an instance of its own over what all threads of the guest have together. */
import { parentPort } from 'node:worker_threads'
import { Errno } from '../../abi/errno.js'
import { Exit } from '../../errors.js'
import { type Guest, guestOf } from '../../guest/guest.js'
import { functions, instantiate, type Offer } from '../../guest/instantiate.js'
import { threadOf } from '../../guest/threads.js'
import type { Settings } from '../../options/settings.js'
import { type Sink, type Source, sourceOf } from '../../stdio/streams.js'
import { Verdict } from '../../verdict.js'
import { type Conveyed, pipedSink, pipedSource } from '../stdio/pipes.js'
import { type Beginning, Count, type Message, mostUnheard, type Task, toldError } from './messages.js'
import { arrive } from './mounts.js'
import { named } from './stack.js'

const tell = (message: Message): void => parentPort?.postMessage(message)
/** The proposal's range of thread identifiers: 1 to 2^29 - 1. */
const identifiers = 2 ** 29 - 1

/** What this worker is of one guest. */
class Thread {
  readonly #beginning: Beginning
  readonly #mounts: ReturnType<typeof arrive>
  readonly #imported: WebAssembly.Memory | undefined
  #guest: Guest | undefined
  /** Which thread of the guest it is now. */
  #self = 0
  /** Sent as soon as it is reached: a guest that catches it is at its end all the same, and its threads are terminated. */
  readonly #verdict = new Verdict(ended => {
    this.#sendEnd(ended)
    return ended
  })
  #sent = false

  constructor(beginning: Beginning) {
    const { memory } = beginning
    this.#beginning = beginning
    this.#mounts = arrive(beginning.mounts)
    this.#imported = memory === undefined || memory instanceof WebAssembly.Memory ? memory : new WebAssembly.Memory(memory)
  }

  /** Each thread has an instance of its own, with the globals and the stack that instances begin with. */
  live({ tid, arg }: Task): void {
    this.#self = tid
    try {
      this.#guest ??= this.#made()
      const { listeners } = this.#guest
      if (tid === 0 && listeners.length > 0) tell({ kind: 'listening', listeners })
      const { exports } = instantiate(this.#beginning.module, ...this.#offers(this.#guest))
      const { _start, wasi_thread_start } = exports as Record<string, CallableFunction | undefined>
      this.#guest.bind((exports.memory ?? this.#imported) as WebAssembly.Memory)
      const code = this.#guest.run(() => (tid === 0 ? _start?.() : wasi_thread_start?.(tid, arg)))
      if (tid === 0) this.#sendEnd(new Exit(code))
      else Atomics.sub(this.#beginning.counts, Count.RUNNING, 1)
    } catch (error) {
      this.#sendEnd(error)
    }
  }

  /** The guest has ended, and with it all that it had open. */
  close(): void {
    this.#guest?.close()
  }

  /** Once: the first end counts. */
  #sendEnd(ended: unknown): void {
    if (this.#sent) return
    const trees = this.#mounts.leave()
    const error = ended instanceof Exit ? undefined : toldError(named(ended, this.#beginning.maxStack))
    tell(error === undefined ? { kind: 'exit', code: (ended as Exit).code, trees } : { kind: 'failed', error, trees })
    // Last: at the end of its stack a guest has no room for this, and is asked again when it has returned.
    this.#sent = true
  }

  #made(): Guest {
    const { settings, stdio, traced, sharing } = this.#beginning
    const own: Settings = {
      ...settings,
      preopens: this.#mounts.preopens,
      stdio: stdio.map((stream, i) => streamOf(stream, i, settings.replay?.start !== undefined)) as unknown as Settings['stdio'],
      trace: traced ? line => this.#report({ kind: 'trace', line: sharing === undefined ? line : this.#mine(line) }) : undefined,
      report: ({ call, cause }) => this.#report({ kind: 'unexpected', call, cause: toldError(cause) }),
    }
    return sharing === undefined ? guestOf(own, this.#verdict) : threadOf(own, this.#verdict, sharing)
  }

  /** A line of the trace, with who made the call. */
  #mine(line: string): string {
    const json = this.#beginning.settings.traceStyle.format === 'json'
    return json ? `{"tid":${this.#self},${line.slice(1)}` : `[tid ${this.#self}] ${line}`
  }

  /** What comes as often as the guest likes waits until somebody has heard what came before. */
  #report(message: Message): void {
    const { counts } = this.#beginning
    let unheard = Atomics.load(counts, Count.UNHEARD)
    for (; unheard >= mostUnheard; unheard = Atomics.load(counts, Count.UNHEARD)) Atomics.wait(counts, Count.UNHEARD, unheard)
    Atomics.add(counts, Count.UNHEARD, 1)
    tell(message)
  }

  #offers({ namespace, imports }: Guest): Offer[] {
    const spawn = (arg: number): number => {
      if (this.#verdict.reached) throw this.#verdict.leave()
      return this.#spawn(arg)
    }
    return [
      functions(namespace, imports),
      functions('wasi', { 'thread-spawn': spawn }),
      ({ kind }) => (kind === 'memory' && this.#imported !== undefined ? [this.#imported] : undefined),
    ]
  }

  /**
   * Ask for another thread. Its identifier, or `-Errno` (AGAIN: there are as many as there may be), as the proposal has it.
   * @see https://github.com/WebAssembly/wasi-threads
   */
  #spawn(arg: number): number {
    const { counts, limit } = this.#beginning
    if (Atomics.add(counts, Count.RUNNING, 1) >= limit) {
      Atomics.sub(counts, Count.RUNNING, 1)
      return -Errno.AGAIN
    }
    const tid = 1 + ((Atomics.add(counts, Count.STARTED, 1) >>> 0) % identifiers)
    tell({ kind: 'spawn', task: { tid, arg } })
    return tid
  }
}

/** @param fixed in a deterministic run streams are always ready: what a run did must not depend on when input came */
function streamOf(stream: Conveyed, index: number, fixed: boolean): number | Source | Sink {
  if (typeof stream === 'number') return stream
  if ('bytes' in stream) return sourceOf(stream.bytes)
  const piped: Source | Sink =
    'input' in stream
      ? pipedSource(stream.input, stream.isTTY, () => tell({ kind: 'input' }))
      : pipedSink(stream.output, stream.isTTY, chunk => tell({ kind: 'output', stream: index, chunk }))
  if (!fixed) return piped
  const { readiness: _, ...waiting } = piped
  return waiting
}

let thread: Thread | undefined
parentPort?.on('message', (task: Task | 'close') => {
  if (task === 'close') {
    thread?.close()
    thread = undefined
    return
  }
  if (task.beginning !== undefined) thread = new Thread(task.beginning)
  thread?.live(task)
  tell({ kind: 'free' })
})
tell({ kind: 'free' })

/** The worker threads of one guest: started on demand, released together. */
import type { Worker } from 'node:worker_threads'
import { callHook, coded, wordsOf } from '../../errors.js'
import type { Settings } from '../../options/settings.js'
import type { PlainTree } from '../../sys/memfs/snapshot.js'
import type { RequestQueue } from '../instance/queue.js'
import type { RunOptions } from '../options.js'
import type { Stdio } from '../stdio/stdio.js'
import {
  Count,
  deserializeError,
  type Message,
  mostUnreceived,
  type Task,
  type ThreadSetup,
  unexpectedOf,
} from './messages.js'
import type { Workers } from './workers.js'

/** Listeners of a worker's events. */
interface Listeners {
  message(message: Message): void
  error(error: unknown): void
  exit(): void
}

const lost = (how: string, options?: ErrorOptions): Error =>
  coded(new Error(`a thread of the guest ended${how}`, options), 'ERR_WASI_THREAD_LOST')

/**
 * Each worker does one task after another. There are never more of them than the guest may have
 * threads, however fast these come and go: a task waits until a worker is free.
 */
export class ThreadGroup {
  /** The exit code, or what went wrong. */
  readonly result: Promise<number>
  /** The files in memory as the guest left them, if it has sent them. */
  trees: readonly PlainTree[] | undefined
  readonly #setup: ThreadSetup
  readonly #trace: Settings['trace']
  readonly #report: Settings['report']
  readonly #onListening: RunOptions['onListening']
  readonly #served: RequestQueue | undefined
  readonly #stdio: Stdio
  readonly #source: Workers
  /** Each with its listeners. */
  readonly #workers = new Map<Worker, Listeners>()
  /** Those that have received the setup. */
  readonly #joined = new WeakSet<Worker>()
  readonly #free: Worker[] = []
  readonly #tasks: Task[] = []
  #settle: { resolve(code: number): void; reject(error: unknown): void } = {
    resolve() {},
    reject() {},
  }
  /** The guest has sent its end. */
  #exiting = false
  #ended = false

  constructor(
    setup: ThreadSetup,
    { trace, report }: Pick<Settings, 'trace' | 'report'>,
    stdio: Stdio,
    workers: Workers,
    onListening: RunOptions['onListening'],
    served?: RequestQueue,
  ) {
    this.#setup = setup
    this.#trace = trace
    this.#report = report
    this.#stdio = stdio
    this.#source = workers
    this.#onListening = onListening
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#served = served
    if (served === undefined) this.assign({ tid: 0, arg: 0 })
  }

  /**
   * Ends the guest, whatever it does; the result fails with this. A guest that has ended, and waits
   * for slow outputs, does not wait much longer.
   */
  fail(error: unknown): void {
    this.#stdio.stop()
    this.#end(() => this.#settle.reject(error))
  }

  /** Fails with the error of a thread, unless the guest has sent its end. */
  #lost(error: unknown): void {
    if (!this.#exiting) this.#end(() => this.#settle.reject(error))
  }

  /** The error of a worker whose JavaScript heap the guest has filled. */
  #full(error: unknown): Error | undefined {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_WORKER_OUT_OF_MEMORY')
      return undefined
    const message = `the guest filled the JavaScript heap of its worker (${this.#source.heap} MiB)`
    return coded(new RangeError(message, { cause: error }), 'ERR_WASI_MEMORY_LIMIT')
  }

  /** Gives a task to the next worker that is free. */
  assign(task: Task): void {
    if (this.#ended || this.#exiting) return
    this.#tasks.push(task)
    try {
      if (this.#free.length > 0) this.#work(this.#free.pop() as Worker)
      else if (this.#workers.size <= this.#setup.limit) this.#start()
    } catch (error) {
      this.fail(error)
    }
  }

  #work(worker: Worker): void {
    const task = this.#tasks.shift()
    if (task === undefined) return void this.#free.push(worker)
    worker.postMessage(this.#joined.has(worker) ? task : { ...task, setup: this.#setup })
    this.#joined.add(worker)
  }

  #start(): void {
    const { worker, ready } = this.#source.start(this.#setup.maxStack)
    if (this.#setup.imports !== undefined) showOutput(worker)
    const listeners: Listeners = {
      message: message => {
        if (this.#ended) return
        try {
          this.#receive(worker, message)
        } catch (thrown) {
          // The embedder's own hook may throw.
          this.fail(thrown)
        }
      },
      error: error =>
        this.#lost(this.#full(error) ?? lost(`: ${wordsOf(error)}`, { cause: error })),
      exit: () => {
        this.#workers.delete(worker)
        this.#lost(lost(' without an error'))
      },
    }
    this.#workers.set(worker, listeners)
    for (const [name, listener] of Object.entries(listeners)) worker.on(name, listener)
    if (ready) this.#work(worker)
  }

  #receive(worker: Worker, message: Message): void {
    const failed = (error: unknown): void => this.fail(error)
    switch (message.kind) {
      case 'free':
        this.#work(worker)
        break
      case 'spawn':
        this.assign(message.task)
        break
      case 'reply':
        // The output of the call is taken first.
        this.#stdio.idle().then(() => this.#ended || this.#served?.reply(message.reply), failed)
        break
      case 'listening':
        callHook('options.onListening', () => this.#onListening?.(message.listeners))
        break
      case 'exit':
        this.trees ??= message.trees
        if (message.free) this.#free.push(worker)
        if (!this.#exiting) this.#exit(message.code)
        break
      case 'failed':
        if (!this.#exiting) this.trees ??= message.trees
        this.#lost(deserializeError(message.error))
        break
      case 'input':
        this.#stdio.asked().catch(failed)
        break
      case 'output':
        this.#stdio.wrote(message.stream, message.chunk).catch(failed)
        break
      case 'trace':
        this.#countReceived()
        callHook('options.trace', () => this.#trace?.(message.line))
        break
      case 'unexpected':
        this.#countReceived()
        callHook('options.onUnexpected', () => this.#report(unexpectedOf(message)))
    }
  }

  /** Wakes threads that wait, because they send faster than this one receives. */
  #countReceived(): void {
    const { counts } = this.#setup
    if (Atomics.sub(counts, Count.UNRECEIVED, 1) >= mostUnreceived)
      Atomics.notify(counts, Count.UNRECEIVED)
  }

  /** Takes the output from before the exit first. */
  #exit(code: number): void {
    this.#exiting = true
    this.#stdio.end().then(
      () => this.#end(() => this.#settle.resolve(code), true),
      error => this.fail(error),
    )
  }

  /** @param exited whether its workers will soon be free */
  #end(settle: () => void, exited = false): void {
    if (this.#ended) return
    this.#ended = true
    this.#stdio.close()
    const gone = [...this.#workers].map(([worker, listeners]) => {
      for (const [name, listener] of Object.entries(listeners)) worker.off(name, listener)
      const free = this.#free.includes(worker)
      // Node delivers all that it sent before it ends, also when it is terminated.
      if (!free && !exited) worker.on('message', this.#takeOutput)
      // A guest that shares nothing closes what it had open at its end.
      const closed = exited && this.#setup.sharing === undefined
      return this.#source.release(worker, free, exited, closed)
    })
    Promise.all(gone)
      .then(() => this.#stdio.left())
      .then(settle, this.#settle.reject)
  }

  readonly #takeOutput = (message: Message): void => {
    if (message.kind === 'output') this.#stdio.wrote(message.stream, message.chunk).catch(() => {})
  }
}

const shown = new WeakSet<Worker>()
/** Shows what the embedder's imports print, with console.log, from now on. */
function showOutput(worker: Worker): void {
  if (shown.has(worker)) return
  shown.add(worker)
  worker.stdout.on('data', chunk => process.stdout.write(chunk))
  worker.stderr.on('data', chunk => process.stderr.write(chunk))
}

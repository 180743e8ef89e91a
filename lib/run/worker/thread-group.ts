/** The workers that are the threads of one guest: hired as it asks for them, given back all together. */
import type { Worker } from 'node:worker_threads'
import { coded } from '../../errors.js'
import type { Settings } from '../../options/settings.js'
import type { PlainTree } from '../../sys/memfs/snapshot.js'
import type { RunOptions } from '../options.js'
import type { Stdio } from '../stdio/stdio.js'
import { type Beginning, Count, errorOf, type Message, mostUnheard, type Task, unexpectedOf } from './messages.js'
import type { Workers } from './workers.js'

/** Of a worker's events. */
interface Listeners {
  message(message: Message): void
  error(error: unknown): void
  exit(): void
}

/**
 * Each worker does one task after another. There are never more of them than the guest may have threads, however fast these
 * come and go: a task for which nobody is free waits.
 */
export class Crew {
  /** The exit code, or what went wrong. */
  readonly result: Promise<number>
  /** What the guest made of its files in memory, if it came to tell. */
  trees: readonly PlainTree[] | undefined
  readonly #beginning: Beginning
  readonly #trace: Settings['trace']
  readonly #report: Settings['report']
  readonly #onListening: RunOptions['onListening']
  readonly #stdio: Stdio
  readonly #hiring: Workers
  /** Each with what it is listened to by. */
  readonly #workers = new Map<Worker, Listeners>()
  /** Those that have been told which guest they are a part of. */
  readonly #told = new WeakSet<Worker>()
  readonly #free: Worker[] = []
  readonly #tasks: Task[] = []
  #settle: { resolve(code: number): void; reject(error: unknown): void } = { resolve() {}, reject() {} }
  /** The guest has told its end. */
  #exiting = false
  #ended = false

  constructor(
    beginning: Beginning,
    { trace, report }: Pick<Settings, 'trace' | 'report'>,
    stdio: Stdio,
    workers: Workers,
    onListening: RunOptions['onListening'],
  ) {
    this.#beginning = beginning
    this.#trace = trace
    this.#report = report
    this.#stdio = stdio
    this.#hiring = workers
    this.#onListening = onListening
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#give({ tid: 0, arg: 0 })
  }

  /** End the guest, whatever it does; the result fails with this. */
  fail(error: unknown): void {
    this.#end(() => this.#settle.reject(error))
  }

  /** What a thread meets when the guest has told its end is no news. */
  #lost(error: unknown): void {
    if (!this.#exiting) this.fail(error)
  }

  /** Of a worker whose JavaScript heap the guest has filled. */
  #full(error: unknown): Error | undefined {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_WORKER_OUT_OF_MEMORY') return undefined
    const message = `the guest filled the JavaScript heap of its worker, which may have ${this.#hiring.heap} MiB`
    return coded(new RangeError(message, { cause: error }), 'ERR_WASI_MEMORY_LIMIT')
  }

  #give(task: Task): void {
    if (this.#ended || this.#exiting) return
    this.#tasks.push(task)
    try {
      if (this.#free.length > 0) this.#work(this.#free.pop() as Worker)
      else if (this.#workers.size <= this.#beginning.limit) this.#employ()
    } catch (error) {
      this.fail(error)
    }
  }

  #work(worker: Worker): void {
    const task = this.#tasks.shift()
    if (task === undefined) return void this.#free.push(worker)
    worker.postMessage(this.#told.has(worker) ? task : { ...task, beginning: this.#beginning })
    this.#told.add(worker)
  }

  #employ(): void {
    const { worker, waits } = this.#hiring.hire(this.#beginning.maxStack)
    const listeners: Listeners = {
      message: message => {
        if (this.#ended) return
        try {
          this.#hear(worker, message)
        } catch (thrown) {
          // By the embedder's own hook.
          this.fail(thrown)
        }
      },
      error: error => this.#lost(this.#full(error) ?? error),
      exit: () => {
        this.#workers.delete(worker)
        this.#lost(coded(new Error('a thread of the guest ended without a word'), 'ERR_WASI_THREAD_LOST'))
      },
    }
    this.#workers.set(worker, listeners)
    for (const [name, listener] of Object.entries(listeners)) worker.on(name, listener)
    if (waits) this.#work(worker)
  }

  #hear(worker: Worker, message: Message): void {
    const failed = (error: unknown): void => this.fail(error)
    switch (message.kind) {
      case 'free':
        this.#work(worker)
        break
      case 'spawn':
        this.#give(message.task)
        break
      case 'listening':
        this.#onListening?.(message.listeners)
        break
      case 'exit':
        this.trees ??= message.trees
        if (!this.#exiting) this.#exit(message.code)
        break
      case 'failed':
        if (!this.#exiting) this.trees ??= message.trees
        this.#lost(errorOf(message.error))
        break
      case 'input':
        this.#stdio.asked().catch(failed)
        break
      case 'output':
        this.#stdio.wrote(message.stream, message.chunk).catch(failed)
        break
      case 'trace':
        this.#heard()
        this.#trace?.(message.line)
        break
      case 'unexpected':
        this.#heard()
        this.#report(unexpectedOf(message))
    }
  }

  /** Threads that talk faster than anybody listens wait. */
  #heard(): void {
    const { counts } = this.#beginning
    if (Atomics.sub(counts, Count.UNHEARD, 1) >= mostUnheard) Atomics.notify(counts, Count.UNHEARD)
  }

  /** What it wrote before it ended is taken first. */
  #exit(code: number): void {
    this.#exiting = true
    this.#stdio.end().then(
      () => this.#end(() => this.#settle.resolve(code), true),
      error => this.fail(error),
    )
  }

  #end(settle: () => void, exited = false): void {
    if (this.#ended) return
    this.#ended = true
    this.#stdio.close()
    const gone = [...this.#workers].map(([worker, listeners]) => {
      for (const [name, listener] of Object.entries(listeners)) worker.off(name, listener)
      return this.#hiring.takeBack(worker, this.#free.includes(worker), exited)
    })
    Promise.all(gone).then(settle, this.#settle.reject)
  }
}

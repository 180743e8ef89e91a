/** The workers that are the threads of one guest: made as it asks for them, ended all together. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { coded } from '../errors.js'
import type { Settings } from '../options.js'
import { type Beginning, Count, errorOf, type Message, mostUnheard, type Task, unexpectedOf } from './messages.js'

const thread = new URL('./thread.js', import.meta.url)

/**
 * Each worker does one task after another. There are never more of them than the guest may have threads, however fast these
 * come and go: a task for which nobody is free waits.
 */
export class Crew {
  /** The exit code, or what went wrong. */
  readonly result: Promise<number>
  readonly #beginning: Beginning
  readonly #trace: Settings['trace']
  readonly #report: Settings['report']
  /** Each with the promise that it has loaded its code. */
  readonly #workers = new Map<Worker, Promise<unknown>>()
  readonly #free: Worker[] = []
  readonly #tasks: Task[] = []
  #settle: { resolve(code: number): void; reject(error: unknown): void } = { resolve() {}, reject() {} }
  #ended = false

  constructor(beginning: Beginning, { trace, report }: Settings) {
    this.#beginning = beginning
    this.#trace = trace
    this.#report = report
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#give({ tid: 0, arg: 0 })
  }

  #give(task: Task): void {
    if (this.#ended) return
    this.#tasks.push(task)
    try {
      if (this.#free.length > 0) this.#work(this.#free.pop() as Worker)
      else if (this.#workers.size <= this.#beginning.limit) this.#employ()
    } catch (error) {
      this.#fail(error)
    }
  }

  #work(worker: Worker): void {
    const task = this.#tasks.shift()
    if (task === undefined) this.#free.push(worker)
    else worker.postMessage(task)
  }

  #employ(): void {
    const worker = new Worker(thread, { workerData: this.#beginning, execArgv: [] })
    this.#workers.set(
      worker,
      Promise.race([once(worker, 'message'), once(worker, 'exit')]).catch(() => {}),
    )
    worker.on('message', (message: Message) => {
      if (this.#ended) return
      try {
        this.#hear(worker, message)
      } catch (thrown) {
        // By the embedder's own hook.
        this.#fail(thrown)
      }
    })
    worker.on('error', error => this.#fail(error))
    worker.on('exit', () => {
      this.#workers.delete(worker)
      this.#fail(coded(new Error('a thread of the guest ended without a word'), 'ERR_WASI_THREAD_LOST'))
    })
  }

  #hear(worker: Worker, message: Message): void {
    switch (message.kind) {
      case 'free':
        this.#work(worker)
        break
      case 'spawn':
        this.#give(message.task)
        break
      case 'exit':
        this.#end(() => this.#settle.resolve(message.code))
        break
      case 'failed':
        this.#fail(errorOf(message.error))
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

  #fail(error: unknown): void {
    this.#end(() => this.#settle.reject(error))
  }

  /** A worker is not ended while it loads: on Node 20 it would leave the files of its code open. It has no task before. */
  #end(settle: () => void): void {
    if (this.#ended) return
    this.#ended = true
    const gone = [...this.#workers].map(async ([worker, loaded]) => {
      await loaded
      await worker.terminate()
    })
    Promise.all(gone).then(settle, this.#settle.reject)
  }
}

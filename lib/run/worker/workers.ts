/** Worker threads for guests: started on demand, and in a pool kept for the next guest. */
import { once } from 'node:events'
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { abandoned } from './abandoned.js'
import type { Message } from './messages.js'
import { stackSizeMb } from './stack.js'

const thread = join(import.meta.dirname, 'thread.js')
/**
 * MiB of JavaScript heap of a worker, unless this process has less itself. Linear memory and the
 * contents of files are not part of it. Ten million table elements, the most that can be asked for,
 * need up to 500; 65,536 files in memory, the default, up to 80.
 */
export const mostHeap = 1024
const ownHeap = (): number => Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20)
/** Milliseconds until a worker whose guest has sent its end is not waited for. */
const patience = 200
/**
 * Milliseconds until a worker that was terminated is not waited for any more. V8 may take hours to
 * end a guest that moves large memory in a loop: its baseline code looks for that only when a
 * budget is used up (`--wasm-tiering-budget`).
 */
const longest = 5000

/**
 * Flags of a worker: none, so that no preloaded module of the embedder runs in it. Under Node's
 * permission model it inherits all, since `execArgv: []` makes a thread without that model.
 * @see https://nodejs.org/api/worker_threads.html#new-workerfilename-options
 */
const flags = (): { execArgv?: string[] } =>
  process.permission === undefined ? { execArgv: [] } : {}

export class Workers {
  /** The most workers that wait for a guest. */
  readonly #kept: number
  readonly #idle: Worker[] = []
  /** Bytes of each one's stack, which a thread has from its start. */
  readonly #stacks = new WeakMap<Worker, number>()
  /** The promise of each that it has loaded its code. */
  readonly #loaded = new WeakMap<Worker, Promise<unknown>>()
  /** Those that have loaded their code. */
  readonly #ready = new WeakSet<Worker>()
  #closed = false
  /** MiB of JavaScript heap that each may have. */
  readonly heap: number
  constructor(kept = 0, heap = Math.min(mostHeap, ownHeap())) {
    this.#kept = kept
    this.heap = heap
  }

  /** A worker, and whether it is ready for work; else it sends `free` when it is. */
  start(stack: number): { readonly worker: Worker; readonly ready: boolean } {
    const at = this.#idle.findLastIndex(worker => this.#stacks.get(worker) === stack)
    if (at >= 0) {
      const [idle] = this.#idle.splice(at, 1)
      idle.ref()
      return { worker: idle, ready: this.#ready.has(idle) }
    }
    // A worker's own output would else be piped to process.stdout and process.stderr, which Node
    // makes non-blocking for that: for the embedder as well, who shares them. It is read only for
    // guests with imports, which print: a stream that flows keeps the host's event loop alive, also
    // when the worker waits for a guest.
    const resourceLimits = { maxOldGenerationSizeMb: this.heap, stackSizeMb: stackSizeMb(stack) }
    const worker = new Worker(thread, { ...flags(), stdout: true, stderr: true, resourceLimits })
    this.#stacks.set(worker, stack)
    this.#loaded.set(
      worker,
      Promise.race([once(worker, 'message'), once(worker, 'exit')]).catch(() => {}),
    )
    worker.once('message', () => this.#ready.add(worker))
    // Node throws an error that no listener receives: here one that comes after the end of the
    // guest.
    worker.on('error', () => {})
    worker.on('exit', () => {
      const at = this.#idle.indexOf(worker)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    return { worker, ready: false }
  }

  /** Starts a worker ahead of its guest, unless they are closed. */
  prestart(stack: number): void {
    // A run that was aborted has ended while its program was still being read.
    if (this.#closed) return
    const { worker } = this.start(stack)
    worker.unref()
    this.#idle.push(worker)
  }

  /**
   * Keeps a worker whose guest has ended, or terminates it.
   * @param free whether it is ready for work
   * @param ended whether its guest has sent its end, so that it soon will be
   * @param closed whether it closes what its guest had open without being asked
   */
  async release(worker: Worker, free: boolean, ended: boolean, closed: boolean): Promise<void> {
    // One whose stack has another size gives way: else runs that differ from the first ones would
    // start a worker each time.
    const other = (): number =>
      this.#idle.findIndex(idle => this.#stacks.get(idle) !== this.#stacks.get(worker))
    const hasCapacity = (): boolean =>
      !this.#closed && (this.#idle.length < this.#kept || other() >= 0)
    if (hasCapacity() && (free || (ended && (await isFree(worker)))) && hasCapacity()) {
      if (!closed) worker.postMessage('close')
      worker.unref()
      const gone = this.#idle.length < this.#kept ? [] : this.#idle.splice(other(), 1)
      this.#idle.push(worker)
      await Promise.all(gone.map(worker => this.#end(worker)))
      return
    }
    await this.#end(worker)
  }

  /** Ends the workers that have no guest. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#idle.splice(0).map(worker => this.#end(worker)))
  }

  /**
   * Not while it loads: on Node 20 it would leave the files of its code open. It has no task before.
   */
  async #end(worker: Worker): Promise<void> {
    // An idle one keeps no process alive, and this wait shall.
    worker.ref()
    await this.#loaded.get(worker)
    await end(worker)
  }
}

/** Ends it, and waits until it has ended, but not for ever. */
async function end(worker: Worker): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, longest)
  })
  worker.once('exit', () => abandoned.delete(worker))
  await Promise.race([worker.terminate(), late.then(() => abandoned.add(worker))])
  clearTimeout(timer)
}

/** Waits for a worker to send that it is free. False if it does not in time, or ends. */
const isFree = (worker: Worker): Promise<boolean> =>
  new Promise(resolve => {
    const finish = (free: boolean): void => {
      clearTimeout(timer)
      worker.off('message', receive)
      worker.off('error', lose)
      worker.off('exit', lose)
      resolve(free)
    }
    const receive = ({ kind }: Message): void => {
      if (kind === 'free') finish(true)
    }
    const lose = (): void => finish(false)
    const timer = setTimeout(lose, patience)
    worker.on('message', receive)
    worker.on('error', lose)
    worker.on('exit', lose)
  })

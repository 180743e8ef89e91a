/**
 * Processes that are started ahead of their guests, so that these do not wait for the sandbox
 * launcher and for Node. Each runs one guest, and ends with it.
 */
import { type SandboxCommand, surroundings } from '../../sys/native/launcher.js'
import { GuestProcess } from './guest-process.js'
import type { Launcher, Sandbox } from './task.js'

/** All that is fixed of a process when it starts. */
export interface ProcessShape extends SandboxCommand, Sandbox {
  /** The standard streams, of which none is a descriptor of the host. */
  readonly streams: readonly ('pipe' | 'ignore')[]
  /** Starts the launcher of one more. */
  start(): Launcher
}

/** A process that waits for a guest. */
interface Spare {
  readonly key: string
  /** The host's state before it was started. */
  readonly before: string
  readonly process: GuestProcess
  /** True if that was still the state when the launcher had opened its files. */
  ready: boolean
  readonly timer: NodeJS.Timeout
}

/** Milliseconds that a process waits for a guest. */
const idle = 60_000

export class SpareProcesses {
  readonly #most: number
  readonly #idle: number
  /** The one used last is the last. */
  readonly #spares: Spare[] = []
  /** Those that end. */
  readonly #ending = new Set<Promise<unknown>>()
  /** The shape that was asked for last, if none was there. */
  #missed: string | undefined
  #closed = false

  /** @param most the number of processes that wait, `patience` milliseconds at most */
  constructor(most: number, patience = idle) {
    this.#most = most
    this.#idle = patience
  }

  /**
   * A process of this shape whose guest has not begun. It has what a new one would get: where a
   * path leads elsewhere by now, or the user has changed, it is ended.
   */
  take(shape: ProcessShape): GuestProcess | undefined {
    const key = keyOf(shape)
    const now = surroundings(shape)
    for (const spare of this.#spares.filter(spare => spare.key === key && spare.ready)) {
      if (spare.before !== now) this.#drop(spare)
      else {
        this.#remove(spare)
        this.#missed = undefined
        spare.process.ref()
        return spare.process
      }
    }
    // Runs that come in turns of several shapes would else end each other's processes.
    if (this.#missed === key && this.#spares.length >= this.#most) this.#evict(key)
    this.#missed = key
    return undefined
  }

  /** Starts one more of this shape, if there is a place for it. */
  start(shape: ProcessShape): void {
    if (this.#closed || this.#spares.length >= this.#most) return
    const before = surroundings(shape)
    if (before === undefined) return
    let process: GuestProcess
    try {
      process = new GuestProcess(shape.start(), shape)
    } catch {
      // The next run starts its own, and reports the error.
      return
    }
    const spare: Spare = {
      key: keyOf(shape),
      before,
      process,
      ready: false,
      timer: setTimeout(() => this.#drop(spare), this.#idle).unref(),
    }
    process.unref()
    this.#spares.push(spare)
    process.standing.then(() => {
      if (surroundings(shape) === before) spare.ready = true
      else this.#drop(spare)
    })
    process.result.catch(() => {}).then(() => this.#remove(spare))
  }

  /** Ends those that wait, and waits for their end. */
  async close(): Promise<void> {
    this.#closed = true
    for (const spare of [...this.#spares]) this.#drop(spare)
    await Promise.all(this.#ending)
  }

  #evict(key: string): void {
    const oldest = this.#spares.find(spare => spare.key !== key)
    if (oldest !== undefined) this.#drop(oldest)
  }

  #drop(spare: Spare): void {
    if (this.#remove(spare)) this.#end(spare)
  }

  #remove(spare: Spare): boolean {
    clearTimeout(spare.timer)
    const at = this.#spares.indexOf(spare)
    if (at >= 0) this.#spares.splice(at, 1)
    return at >= 0
  }

  #end({ process }: Spare): void {
    const ended: Promise<unknown> = process.result
      .catch(() => {})
      .then(() => void this.#ending.delete(ended))
    this.#ending.add(ended)
    process.fail(new Error('the process is not needed'))
  }
}

/** All by which processes differ before they have a request, as far as the options decide it. */
const keyOf = ({ file, args, streams, strict }: ProcessShape): string =>
  JSON.stringify([file, args, streams, strict])

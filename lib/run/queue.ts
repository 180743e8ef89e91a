/** The runs of a pool: whose turn it is, which workers wait, which modules are compiled. */
import { createHash } from 'node:crypto'
import { types } from 'node:util'
import { coded } from '../errors.js'
import { wrongValue } from '../validate.js'
import { checkAborted, offAbort, onAbort } from './aborts.js'
import { capsOf, compiled, type Program, type Source } from './module/compile.js'
import type { RunOptions, RunResult } from './options.js'
import { runTerms } from './run-module.js'
import { type Terms, termsOf } from './settings.js'
import { Workers } from './worker/workers.js'

/** Of a run that waits until another one has ended. */
interface Turn {
  go(): void
  refuse(why: unknown): void
}
const closed = (): Error => coded(new Error('the pool has been closed'), 'ERR_WASI_POOL_CLOSED')

export class Runs {
  readonly #size: number
  readonly #most: number
  readonly #workers: Workers
  /** By the hash of their bytes, since bytes can change. */
  readonly #programs = new Map<string, Promise<Program>>()
  readonly #waiting: Turn[] = []
  #running = 0
  #closed = false

  constructor(size: number, modules: number) {
    this.#size = size
    this.#most = modules
    this.#workers = new Workers(size)
  }

  async run(source: Source, options: RunOptions): Promise<RunResult> {
    // Before its turn: whoever made a mistake has no place among those who wait.
    const [terms, own] = termsOf(options)
    const { isolation, signal, stdio } = terms
    if (isolation === 'process') {
      throw wrongValue('options.isolation', 'is not to be had of a pool, whose guests live in workers of this process', isolation)
    }
    const program = types.isUint8Array(source) ? this.#compiled(source, terms) : compiled(source, terms)
    // It is looked at below, if it ever is this one's turn.
    program.catch(() => {})
    try {
      await this.#turn(signal)
    } catch (error) {
      stdio.close()
      throw error
    }
    try {
      return await runTerms(() => program, [terms, own], this.#workers)
    } finally {
      const next = this.#waiting.shift()
      // Who waits has the place of who ended.
      if (next === undefined) this.#running--
      else next.go()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { refuse } of this.#waiting.splice(0)) refuse(closed())
    await this.#workers.close()
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) throw closed()
    checkAborted(signal)
    if (this.#running < this.#size) {
      this.#running++
      return
    }
    let abort = (): void => {}
    try {
      await new Promise<void>((go, refuse) => {
        const turn: Turn = { go, refuse }
        this.#waiting.push(turn)
        abort = () => {
          const at = this.#waiting.indexOf(turn)
          if (at < 0) return
          this.#waiting.splice(at, 1)
          refuse(signal?.reason)
        }
        if (signal !== undefined) onAbort(signal, abort)
      })
    } finally {
      if (signal !== undefined) offAbort(signal, abort)
    }
  }

  #compiled(bytes: Uint8Array, terms: Terms): Promise<Program> {
    const hash = `${createHash('sha256').update(bytes).digest('base64')} ${JSON.stringify(capsOf(terms))}`
    const program = this.#programs.get(hash) ?? compiled(bytes, terms)
    // The last one is the one that was wanted last.
    this.#programs.delete(hash)
    if (this.#most > 0) this.#programs.set(hash, program)
    if (this.#programs.size > this.#most) this.#programs.delete(this.#programs.keys().next().value as string)
    return program
  }
}

/** The requests to one instance: sent to its worker one at a time, each within its time. */
import type { Counts } from '../../observe/metrics.js'
import { wrongValue } from '../../validate.js'
import type { Deadline } from '../deadline.js'
import type { Origin } from '../module/prepare.js'
import { RunError } from '../run-error.js'
import type { Terms } from '../settings.js'
import { deserializeError } from '../worker/messages.js'
import type { ThreadGroup } from '../worker/thread-group.js'
import type { Reply, Request } from './protocol.js'

interface Pending {
  readonly request: Request
  resolve(reply: Reply): void
  reject(error: unknown): void
}

/** The error of a request to an instance that has ended. */
const endedError = (cause: Error): RunError =>
  new RunError('ERR_WASI_INSTANCE_ENDED', `the instance has ended: ${cause.message}`, { cause })

export class RequestQueue {
  readonly #waiting: Pending[] = []
  #current: Pending | undefined
  #group: Pick<ThreadGroup, 'assign'> | undefined
  #deadline: Pick<Deadline, 'restart' | 'stop'> | undefined
  #ended: Error | undefined
  #closed = false
  /** True if a request was rejected with the error that ended the instance. */
  reported = false
  /** The hostcalls of the instance, if they are counted. */
  counts: Counts | undefined
  /** The module from which snapshots are made, once it is known. */
  origin: Origin | undefined

  /**
   * Checks the run options of an instance.
   * @throws TypeError for those of other runs
   */
  check({ threads, isolation }: Pick<Terms, 'threads' | 'isolation'>): void {
    if (threads > 0)
      throw wrongValue('options.threads', 'must be 0: an instance has one thread', threads)
    if (isolation !== 'worker')
      throw wrongValue(
        'options.isolation',
        "must be 'worker': an instance runs in a worker thread",
        isolation,
      )
  }

  /** Sends requests to this worker from now on. */
  attach(
    group: Pick<ThreadGroup, 'assign'>,
    deadline: Pick<Deadline, 'restart' | 'stop'>,
    counts: Counts | undefined,
    origin: Origin,
  ): void {
    this.#group = group
    this.#deadline = deadline
    this.counts = counts
    this.origin = origin
    this.#next()
  }

  /** Makes a request. Rejects with the error that ends the instance meanwhile. */
  ask(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(endedError(this.#ended))
      if (this.#closed) return reject(endedError(new Error('close() was called')))
      this.#closed = request.kind === 'close'
      this.#waiting.push({ request, resolve, reject })
      this.#next()
    })
  }

  /** Receives the reply to the request under way. */
  reply(reply: Reply): void {
    const answered = this.#current
    this.#deadline?.stop()
    this.#current = undefined
    if (reply.kind === 'refused') answered?.reject(deserializeError(reply.error))
    else answered?.resolve(reply)
    this.#next()
  }

  /** Rejects all requests. @param cause what ended the instance */
  end(cause: Error & { readonly code?: unknown }): void {
    const closed = this.#current?.request.kind === 'close' && cause.code === 'ERR_WASI_EXIT'
    this.#ended = closed ? new Error('close() was called') : cause
    if (this.#current !== undefined) {
      this.reported = this.#current.request.kind !== 'close'
      this.#current.reject(cause)
    }
    for (const { request, reject } of this.#waiting.splice(0))
      reject(request.kind === 'start' ? cause : endedError(cause))
  }

  #next(): void {
    if (this.#group === undefined || this.#current !== undefined) return
    this.#current = this.#waiting.shift()
    if (this.#current === undefined) return
    const { request } = this.#current
    // The time of the start includes compilation, and runs already.
    if (request.kind !== 'start') this.#deadline?.restart()
    this.#group.assign({ request })
  }
}

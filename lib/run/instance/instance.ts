/** An instance as its embedder sees it: checks arguments, and asks the worker. */
import { types } from 'node:util'
import { coded } from '../../errors.js'
import { type Metrics, metricsOf } from '../../observe/metrics.js'
import { checkInteger, checkString, wrongType, wrongValue } from '../../validate.js'
import type { AnyRunResult } from '../options.js'
import { RunError } from '../run-error.js'
import type { Hooks } from '../run-in-workers.js'
import type { Reply, Value } from './protocol.js'
import { RequestQueue } from './queue.js'
import type { GuestInstance, InstanceResult } from './types.js'

type AnyInstanceResult = InstanceResult<string | Buffer>

type ReplyOf<Kind extends Reply['kind']> = Extract<Reply, { kind: Kind }>

/**
 * Makes an instance, and resolves when its `_initialize` has returned.
 * @param execute executes the run that the instance is, until it ends
 */
export async function instanceBy(
  execute: (hooks: Hooks) => Promise<AnyRunResult>,
): Promise<GuestInstance<string | Buffer>> {
  const queue = new RequestQueue()
  const started = queue.ask({ kind: 'start' })
  const ended = execute({ served: queue })
  ended.then(
    result => queue.end(exitError(result)),
    error => queue.end(error),
  )
  const { functions } = (await started) as ReplyOf<'started'>
  return new WorkerInstance(queue, functions, ended)
}

function exitError({ exitCode, ...result }: AnyRunResult): RunError {
  const details = { ...result, exitCode, metrics: result.metrics }
  return new RunError('ERR_WASI_EXIT', `the guest exited with code ${exitCode}`, details)
}

class WorkerInstance implements GuestInstance<string | Buffer> {
  readonly exports: readonly string[]
  readonly #names: ReadonlySet<string>
  readonly #queue: RequestQueue
  readonly #ended: Promise<AnyRunResult>
  #closing: Promise<AnyInstanceResult> | undefined

  constructor(queue: RequestQueue, functions: readonly string[], ended: Promise<AnyRunResult>) {
    this.#queue = queue
    this.exports = Object.freeze([...functions])
    this.#names = new Set(functions)
    this.#ended = ended
  }

  async call(name: string, ...args: Value[]): Promise<Value | Value[] | undefined> {
    checkString('name', name)
    if (!this.#names.has(name))
      throw wrongValue('name', 'must be a function that the instance exports', name)
    for (const [i, arg] of args.entries()) {
      if (typeof arg !== 'number' && typeof arg !== 'bigint')
        throw wrongType(`args[${i}]`, 'of type number or bigint', arg)
    }
    const reply = await this.#queue.ask({ kind: 'call', name, args })
    return (reply as ReplyOf<'returned'>).value as Value | Value[] | undefined
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    checkInteger('address', address, 0, Number.MAX_SAFE_INTEGER)
    checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
    const reply = await this.#queue.ask({ kind: 'read', address, length })
    return (reply as ReplyOf<'read'>).bytes
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    checkInteger('address', address, 0, Number.MAX_SAFE_INTEGER)
    if (!types.isUint8Array(bytes)) throw wrongType('bytes', 'an instance of Uint8Array', bytes)
    await this.#queue.ask({ kind: 'write', address, bytes: new Uint8Array(bytes) })
  }

  metrics(): Metrics {
    const { counts } = this.#queue
    if (counts !== undefined) return metricsOf(counts)
    const message = 'metrics() needs options.metrics: true'
    throw coded(new Error(message), 'ERR_WASI_NO_METRICS')
  }

  close(): Promise<AnyInstanceResult> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<AnyInstanceResult> {
    // Rejects where the instance has ended, or ends before: the end below counts.
    this.#queue.ask({ kind: 'close' }).catch(() => {})
    try {
      return resultOf(await this.#ended)
    } catch (error) {
      if (this.#queue.reported && error instanceof RunError) return resultOf(error)
      throw error
    }
  }
}

/** The outcome in the result or the error of a run. */
const resultOf = ({
  stdout,
  stderr,
  truncated,
  metrics,
}: AnyRunResult | RunError): AnyInstanceResult => ({
  stdout,
  stderr,
  truncated,
  ...(metrics && { metrics }),
})

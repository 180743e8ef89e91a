/** An instance as its embedder sees it: checks arguments, and asks the worker. */
import { types } from 'node:util'
import { coded } from '../../errors.js'
import { type Metrics, metricsOf } from '../../observe/metrics.js'
import { plainLine } from '../../stdio/terminal-escapes.js'
import { checkInteger, checkString, wrongType, wrongValue } from '../../validate.js'
import type { AnyRunResult } from '../options.js'
import { addCalls, outside, RunError } from '../run-error.js'
import type { Hooks } from '../run-in-workers.js'
import { refused } from '../snapshot/refused.js'
import { type GuestSnapshot, snapshotIn } from '../snapshot/snapshot.js'
import type { Reply } from './protocol.js'
import { RequestQueue } from './queue.js'
import type { CallResult, GuestInstance, InstanceResult, WasmValue } from './types.js'

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
  const { functions } = (await located(started)) as ReplyOf<'started'>
  return new WorkerInstance(queue, functions, ended)
}

function exitError({ exitCode, ...result }: AnyRunResult): RunError {
  const details = { ...result, exitCode, metrics: result.metrics }
  return new RunError('ERR_WASI_EXIT', `the guest exited with code ${exitCode}`, details)
}

/** The exports that an error lists, and the characters of a name. The guest chooses both. */
const mostNames = 20
const mostName = 64

/**
 * Makes a request. A failure that depends on the guest raises no `unhandledRejection`, which would
 * end the process of an embedder that awaits only some of its requests. A wrong argument raises it.
 * @param work checks the arguments, and calls `failing` before it throws what depends on the guest
 */
function ofGuest<T>(work: (failing: () => void) => Promise<T>): Promise<T> {
  const result: Promise<T> = work(() => void result.catch(() => {}))
  return result
}

/**
 * Waits for a reply. An error has the calls of the embedder who awaits it.
 * @param failing is called before it throws
 */
async function located(reply: Promise<Reply>, failing = (): void => {}): Promise<Reply> {
  try {
    return await reply
  } catch (error) {
    // Before `failing`: V8 follows a promise to who awaits it only while it has one reaction.
    const { stack } = new Error()
    if (error instanceof RunError) addCalls(error, stack)
    else if (types.isNativeError(error))
      error.stack = [`${error.name}: ${error.message}`, ...outside(stack)].join('\n')
    failing()
    throw error
  }
}

class WorkerInstance implements GuestInstance<string | Buffer> {
  readonly exportedFunctions: readonly string[]
  readonly #names: ReadonlySet<string>
  readonly #queue: RequestQueue
  readonly #ended: Promise<AnyRunResult>
  #closing: Promise<AnyInstanceResult> | undefined

  constructor(queue: RequestQueue, functions: readonly string[], ended: Promise<AnyRunResult>) {
    this.#queue = queue
    this.exportedFunctions = Object.freeze([...functions])
    this.#names = new Set(functions)
    this.#ended = ended
  }

  call<Result extends CallResult>(name: string, ...args: WasmValue[]): Promise<Result> {
    return ofGuest(async failing => {
      checkString('name', name)
      for (const [i, arg] of args.entries()) {
        if (typeof arg !== 'number' && typeof arg !== 'bigint')
          throw wrongType(`args[${i}]`, 'of type number or bigint', arg)
      }
      const asked = this.#names.has(name)
        ? this.#queue.ask({ kind: 'call', name, args })
        : Promise.reject(this.#noSuchExport(name))
      const reply = (await located(asked, failing)) as ReplyOf<'returned'>
      return reply.value as Result
    })
  }

  read(address: number, length: number): Promise<Uint8Array> {
    return ofGuest(async failing => {
      checkInteger('address', address, 0, Number.MAX_SAFE_INTEGER)
      checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
      const asked = this.#queue.ask({ kind: 'read', address, length })
      return ((await located(asked, failing)) as ReplyOf<'read'>).bytes
    })
  }

  write(address: number, bytes: Uint8Array): Promise<void> {
    return ofGuest(async failing => {
      checkInteger('address', address, 0, Number.MAX_SAFE_INTEGER)
      if (!types.isUint8Array(bytes)) throw wrongType('bytes', 'an instance of Uint8Array', bytes)
      await located(
        this.#queue.ask({ kind: 'write', address, bytes: new Uint8Array(bytes) }),
        failing,
      )
    })
  }

  snapshot(): Promise<GuestSnapshot> {
    return ofGuest(async failing => {
      const { origin } = this.#queue
      const asked =
        origin === undefined || 'refused' in origin
          ? Promise.reject(refused(origin?.refused ?? 'the instance has no module'))
          : this.#queue.ask({ kind: 'snapshot', origin })
      return snapshotIn(((await located(asked, failing)) as ReplyOf<'snapshot'>).bytes, false)
    })
  }

  #noSuchExport(name: string): Error {
    const names = this.exportedFunctions
      .slice(0, mostNames)
      .map(each => plainLine(each.slice(0, mostName)))
    if (this.exportedFunctions.length > mostNames) names.push('...')
    const list = names.length === 0 ? 'none' : names.join(', ')
    return wrongValue('name', `must be a function that the instance exports (${list})`, name)
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

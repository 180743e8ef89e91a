/** The input of one run: checks the options `stdin` and `input`, and makes what serves them. */
import { HookFailure } from '../../errors.js'
import { checkSole } from '../../options/table.js'
import { bytesOf, emptySource, inputOf, isBytes, textOf } from '../../stdio/streams.js'
import { wrongType } from '../../validate.js'
import { type Conveyed, Feed } from './pipes.js'

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isAsync = (value: unknown): value is AsyncIterable<unknown> =>
  isObject(value) &&
  typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'

/** The values that `run` and Pool take beyond those of a guest in this thread, for messages. */
const moreInputs = ', an asynchronous iterable'

/** Checks the option `input`. */
export function textFor(value: unknown, stdin: unknown): Conveyed {
  checkSole('options.input', value, stdin)
  return { bytes: textOf('options.input', value) }
}

/** Checks the option `stdin`. */
export function inputFor(value: unknown): { conveyed: Conveyed; feed?: Feed; close: () => void } {
  const name = 'options.stdin'
  if (isAsync(value)) {
    // Made when it is needed: a stream of the web is locked by it, also where another option is
    // wrong.
    let made: AsyncIterator<unknown> | undefined
    const iterator = (): AsyncIterator<unknown> => {
      made ??= value[Symbol.asyncIterator]()
      if (!isObject(made)) throw wrongType(`the iterator of ${name}`, 'an object', made)
      return made
    }
    let waits = false
    const feed = feedOf(async () => {
      waits = true
      const result: unknown = await iterator().next()
      waits = false
      if (!isObject(result))
        throw wrongType(`what the iterator of ${name} returns`, 'an object', result)
      const { done, value } = result as IteratorResult<unknown>
      return done ? undefined : bytesOf(`a chunk of ${name}`, value)
    })
    const leave = async (): Promise<void> => {
      // A stream's iterator would hear of the end when the next bytes have come, and keep its
      // process until then.
      if (waits) (value as { destroy?: () => unknown }).destroy?.()
      await iterator().return?.()
    }
    const close = (): void => void leave().catch(() => {})
    return {
      conveyed: { input: feed.memory, isTTY: (value as { isTTY?: unknown }).isTTY === true },
      feed,
      close,
    }
  }
  const source = inputOf(name, value, moreInputs)
  if (source === emptySource) return { conveyed: { ignored: true }, close() {} }
  const close = (): void => {
    if (typeof source !== 'number') source.close?.()
  }
  if (typeof source === 'number') return { conveyed: source, close }
  if (isBytes(value)) return { conveyed: { bytes: source.read().slice() }, close }
  // A function may answer with a promise here.
  const read =
    typeof value === 'function'
      ? async () => bytesOf(`what ${name} returns`, await value())
      : async () => source.read()
  const feed = feedOf(async () => {
    const chunk = await read()
    return chunk.length === 0 ? undefined : chunk
  })
  return { conveyed: { input: feed.memory, isTTY: false }, feed, close }
}

/** Feeds the guest with an embedder's chunks. @param next returns the next one, or undefined */
const feedOf = (next: () => Promise<Uint8Array | undefined>): Feed =>
  new Feed(async () => {
    try {
      return await next()
    } catch (error) {
      throw new HookFailure(error, 'options.stdin')
    }
  })

/** Loads the embedder's `imports` module in a worker, and offers what it exports to instances. */
import { types } from 'node:util'
import { coded, isException, isStackOverflow, wordsOf } from '../../errors.js'
import type { Offer } from '../../guest/instantiate.js'
import { wrongReturn, wrongType } from '../../validate.js'
import type { Verdict } from '../../verdict.js'
import type { ImportsContext } from './types.js'

/** A loaded `imports` module. */
export interface LoadedImports {
  /**
   * The offer for one instance, for which a default export that is a function is called.
   * @throws Error with code ERR_WASI_IMPORTS
   */
  offer(context: ImportsContext, verdict: Verdict): Offer
}

const failed = (url: string, why: string, cause: unknown): Error =>
  coded(new Error(`imports: ${url} ${why}`, { cause }), 'ERR_WASI_IMPORTS')

/**
 * Imports the module. Node loads it once in each worker.
 * @throws Error with code ERR_WASI_IMPORTS, and what was thrown as its cause
 */
export async function loadImports(url: string): Promise<LoadedImports> {
  let exported: unknown
  try {
    exported = ((await import(url)) as { readonly default?: unknown }).default
  } catch (cause) {
    throw failed(url, `cannot be loaded: ${wordsOf(cause)}`, cause)
  }
  if (typeof exported !== 'function' && !isRecordLike(exported)) {
    const cause = wrongType('default', 'of type object or function', exported)
    throw failed(url, `has no record of imports as its default export: ${cause.message}`, cause)
  }
  return {
    offer(context, verdict) {
      if (typeof exported !== 'function') return offerOf(url, exported, true, verdict)
      return offerOf(url, made(url, exported, context), false, verdict)
    },
  }
}

const isRecordLike = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !types.isPromise(value)

function made(url: string, make: CallableFunction, context: ImportsContext): object {
  let record: unknown
  try {
    record = make(context)
  } catch (cause) {
    throw failed(url, `threw in its default export: ${wordsOf(cause)}`, cause)
  }
  if (isRecordLike(record)) return record
  const cause = wrongReturn('default', 'a record of imports by module', record)
  throw failed(url, `returned no imports: ${cause.message}`, cause)
}

/**
 * Offers own properties of own properties of the record.
 * @param shared whether later instances in this worker get the same record
 */
function offerOf(url: string, record: object, shared: boolean, verdict: Verdict): Offer {
  return ({ module, name, kind }) => {
    const place = `${module}.${name}`
    const named = own(url, record, module, module)
    if (named === undefined) return undefined
    if (named.value === null || !/^(object|function)$/.test(typeof named.value))
      throw refused(url, module, 'of type object', named.value)
    const found = own(url, named.value as object, name, place)
    if (found === undefined) return undefined
    const { expected, fits } = kinds[kind]
    if (!fits(found.value)) throw refused(url, place, expected, found.value)
    if (shared && isState(found.value)) {
      const expected =
        'created by a default export that is a function, since guests of one worker would share it'
      throw refused(url, place, expected, found.value)
    }
    const { value } = found
    return [typeof value === 'function' ? guarded(place, value, verdict) : value]
  }
}

/**
 * Reads an own property, whose getter is called once.
 * @param place the property in a message
 */
function own(
  url: string,
  record: object,
  name: string,
  place: string,
): { readonly value: unknown } | undefined {
  try {
    return Object.hasOwn(record, name)
      ? { value: (record as Readonly<Record<string, unknown>>)[name] }
      : undefined
  } catch (cause) {
    throw failed(url, `threw where default.${place} was read: ${wordsOf(cause)}`, cause)
  }
}

function refused(url: string, place: string, expected: string, value: unknown): Error {
  const cause = wrongType(`default.${place}`, expected, value)
  return failed(url, `has a wrong import: ${cause.message}`, cause)
}

const { Global, Table, Tag } = WebAssembly
/** Each kind of import, and the values that it takes. */
const kinds: Readonly<
  Record<
    WebAssembly.ImportExportKind,
    { readonly expected: string; readonly fits: (value: unknown) => boolean }
  >
> = {
  function: { expected: 'of type function', fits: value => typeof value === 'function' },
  global: {
    expected: 'an instance of WebAssembly.Global, a number or a bigint',
    fits: value => value instanceof Global || /^(number|bigint)$/.test(typeof value),
  },
  table: { expected: 'an instance of WebAssembly.Table', fits: value => value instanceof Table },
  tag: { expected: 'an instance of WebAssembly.Tag', fits: value => value instanceof Tag },
  // Its size is part of `maxMemory`, and all threads of the guest have the same one.
  memory: {
    expected:
      'left out: the host creates the memory that a module imports, and passes it as `memory`',
    fits: () => false,
  },
}
/** Recognizes values that a guest can change. */
const isState = (value: unknown): boolean => value instanceof Global || value instanceof Table

/**
 * Ends the guest with what a function of the embedder throws. Only a WebAssembly.Exception goes on
 * to the guest, which may catch it. A trap and an overflow of the stack are the guest's own, and end
 * it as such: V8 lets no guest catch those that it makes, but one that was made by other code.
 */
const guarded =
  (place: string, call: CallableFunction, verdict: Verdict) =>
  (...args: unknown[]): unknown => {
    const end = (cause: unknown): unknown => {
      verdict.keep(isGuests(cause) ? cause : hookError(place, cause))
      return verdict.leave()
    }
    if (verdict.reached) throw verdict.leave()
    let result: unknown
    let waits: boolean
    try {
      result = call(...args)
      waits = isThenable(result)
    } catch (thrown) {
      throw isException(thrown) && !verdict.reached ? thrown : end(thrown)
    }
    if (!waits) return result
    if (types.isPromise(result)) result.catch(() => {})
    throw end(wrongReturn(place, 'a value, since the guest cannot wait for a promise', result))
  }

const hookError = (place: string, cause: unknown): Error =>
  coded(new Error(`imports: ${place} threw: ${wordsOf(cause)}`, { cause }), 'ERR_WASI_HOOK')

const isThenable = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { readonly then?: unknown }).then === 'function'

/** Recognizes a trap and an overflow of the stack. Reading what was thrown may throw, too. */
function isGuests(thrown: unknown): boolean {
  try {
    return thrown instanceof WebAssembly.RuntimeError || isStackOverflow(thrown)
  } catch {
    return false
  }
}

/** Serves the requests of an embedder to an instance, in its worker. */
import { types } from 'node:util'
import { coded } from '../../errors.js'
import { serializeError } from '../worker/messages.js'
import type { Reply, Request } from './protocol.js'
import type { WasmValue } from './types.js'

/** An instance in this thread, with its memory if it has one. */
export interface Served {
  readonly exports: Readonly<Record<string, unknown>>
  readonly memory: { readonly buffer: ArrayBufferLike } | undefined
}

/**
 * Calls a function of the instance, or reads or writes its memory.
 * @throws what ends the instance: a trap, an exit, an error of the embedder's functions
 */
export function serve(
  { exports, memory }: Served,
  request: Exclude<Request, { kind: 'start' | 'snapshot' | 'close' }>,
): Reply {
  switch (request.kind) {
    case 'call':
      return callOf(exports[request.name] as CallableFunction, request.name, request.args)
    case 'read': {
      const { address, length } = request
      const bytes = spanOf(memory, address, length)
      return bytes === undefined
        ? outside(memory, address, length)
        : { kind: 'read', bytes: new Uint8Array(bytes) }
    }
    case 'write': {
      const { address, bytes } = request
      const span = spanOf(memory, address, bytes.length)
      if (span === undefined) return outside(memory, address, bytes.length)
      span.set(bytes)
      return { kind: 'written' }
    }
  }
}

/**
 * Calls `_initialize`, if the instance exports it, and lists what can be called.
 * @param restored calls the functions at which a guest of a snapshot goes on, in place of
 * `_initialize`
 */
export function start({ exports }: Served, restored?: () => void): Reply {
  const { _initialize } = exports
  if (restored !== undefined) restored()
  else if (typeof _initialize === 'function') begin('_initialize', () => _initialize())
  const functions = Object.keys(exports).filter(name => typeof exports[name] === 'function')
  return { kind: 'started', functions }
}

/**
 * Calls a function at which the guest begins.
 * @throws Error with code ERR_WASI_NO_START for one of a type that cannot be called so
 */
export function begin(name: string, entry: () => unknown): unknown {
  try {
    return entry()
  } catch (thrown) {
    if (!isConversion(thrown)) throw thrown
    const message = `the export ${name} has a type that no host calls: ${thrown.message}`
    throw coded(new Error(message, { cause: thrown }), 'ERR_WASI_NO_START')
  }
}

const refused = (error: Error): Reply => ({ kind: 'refused', error: serializeError(error) })

function callOf(call: CallableFunction, name: string, args: readonly WasmValue[]): Reply {
  if (args.length !== call.length) {
    const takes = call.length === 1 ? '1 argument' : `${call.length} arguments`
    const message = `call: the export '${name}' takes ${takes}. Received ${args.length}`
    return refused(coded(new TypeError(message), 'ERR_INVALID_ARG_VALUE'))
  }
  let value: unknown
  try {
    value = call(...args)
  } catch (thrown) {
    if (!isConversion(thrown)) throw thrown
    const message = `call: the arguments do not fit the types of the export '${name}': ${thrown.message}. Pass a bigint for an i64, a number for an i32, f32 or f64`
    return refused(coded(new TypeError(message), 'ERR_INVALID_ARG_TYPE'))
  }
  if (value === undefined || isValue(value)) return { kind: 'returned', value }
  if (Array.isArray(value) && value.every(isValue)) return { kind: 'returned', value }
  const message = `call: the export '${name}' returned a reference, which cannot leave its worker; expected numbers`
  return refused(coded(new TypeError(message), 'ERR_INVALID_RETURN_VALUE'))
}

const isValue = (value: unknown): value is WasmValue =>
  typeof value === 'number' || typeof value === 'bigint'

/**
 * Recognizes the engine's error for an argument of the wrong type, which it throws before any
 * function of the guest runs, so that its stack has no frame of the guest.
 * @see https://webassembly.github.io/spec/js-api/#towebassemblyvalue
 */
export const isConversion = (thrown: unknown): thrown is TypeError =>
  types.isNativeError(thrown) && thrown.name === 'TypeError' && !/\bwasm:/.test(thrown.stack ?? '')

/** The bytes of the memory at an address; undefined where they are not all part of it. */
function spanOf(memory: Served['memory'], address: number, length: number): Uint8Array | undefined {
  const buffer = memory?.buffer
  if (buffer === undefined || address + length > buffer.byteLength) return undefined
  return new Uint8Array(buffer, address, length)
}

function outside(memory: Served['memory'], address: number, length: number): Reply {
  const size = memory?.buffer.byteLength
  const has = size === undefined ? 'the instance exports no memory' : `the memory has ${size} bytes`
  const message = `The value of "address" is out of range: ${has}. Received ${address} with ${length} bytes`
  return refused(coded(new RangeError(message), 'ERR_OUT_OF_RANGE'))
}

/**
 * The function of JavaScript values for a row of the table: it places its arguments in the host's
 * own memory, makes the call that the lowered function makes, and returns its result as jco
 * represents it.
 */
import { readFilestat } from '../abi/layout.js'
import { dictionary } from '../dictionary.js'
import { far64 } from '../gate.js'
import { Space } from '../memory.js'
import type { Answer } from '../sys/sys.js'
import { wrongType } from '../validate.js'
import { CLOSED, codeOf } from './answers.js'
import type { Shells } from './bindings.js'
import type { Call } from './calls/types.js'
import { descriptorTypes, rest, seconds } from './canonical.js'
import type { Component } from './component.js'
import { hashed } from './identity.js'
import { camelCase } from './names.js'
import type { EntriesResource } from './resources/entries.js'
import { ErrorResource } from './resources/error.js'
import type { Resource } from './resources/resource.js'
import { trap } from './trap.js'
import { descriptorType, errorCodes } from './wit/filesystem.js'
import { Kind, type Param, type ResourceName, type Row, type Type } from './wit/types.js'

/** A time, as jco represents it. */
interface Datetime {
  readonly seconds: bigint
  readonly nanoseconds: number
}
const datetimeOf = (nanoseconds: bigint): Datetime => ({
  seconds: seconds(nanoseconds),
  nanoseconds: rest(nanoseconds),
})
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Returns the function of a row. `this` is the resource of a method. */
export function twinOf(
  component: Component,
  shells: Shells,
  name: string,
  row: Row,
  call: Call<Row>,
): (this: unknown, ...args: readonly unknown[]) => unknown {
  const { verdict } = component.context
  const { params, result } = row
  const [first] = params
  const isMethod = first?.label === 'self'
  return function twin(this: unknown, ...args) {
    if (verdict.reached) throw verdict.leave()
    const { scratch } = component
    const { mark } = scratch
    try {
      const given = isMethod ? [this, ...args] : args
      const lifted = params.flatMap((param, i) => lift(component, shells, param, given[i]))
      component.enterScratch()
      const outcome = (call as (component: Component, ...lifted: unknown[]) => unknown)(
        component,
        ...lifted,
      )
      return lower(component, shells, name, result, outcome, lifted)
    } catch (error) {
      if (error instanceof Thrown || error instanceof Misuse) throw error.value
      const answer = component.thrown(error, name)
      if (result?.kind !== Kind.Result) throw component.fatal(error, name)
      return rethrown(() => failed(component, shells, name, result, answer))
    } finally {
      // Larger ones are rare: their memory is not kept.
      component.scratch = scratch
      scratch.mark = mark
    }
  }
}

/** Wraps the error of a result on its way through code that would take it for one of its own. */
class Thrown {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}
/** Wraps the error of a call with wrong arguments, which only code of the embedder makes. */
class Misuse {
  readonly value: TypeError
  constructor(value: TypeError) {
    this.value = value
  }
}
function rethrown(act: () => never): never {
  try {
    return act()
  } catch (error) {
    throw error instanceof Thrown ? error.value : error
  }
}

/** Throws the error of a result for an answer below 0. */
function failed(
  component: Component,
  shells: Shells,
  name: string,
  result: Type,
  answer: Answer,
): never {
  const streams = result.parts[1].type?.kind === Kind.Variant
  if (streams && answer === CLOSED) throw new Thrown({ tag: 'closed' })
  component.unexpected(answer, name)
  if (!streams) throw new Thrown(errorCodes[codeOf(answer)])
  const val = shells.shellOf(new ErrorResource(answer))
  throw new Thrown({ tag: 'last-operation-failed', val })
}

/** Lifts an argument, as the lowered function does. @throws TypeError for a wrong one */
function lift(
  component: Component,
  shells: Shells,
  { label, type }: Param,
  value: unknown,
): unknown[] {
  const wrong = (expected: string): Misuse =>
    new Misuse(wrongType(camelCase(label), expected, value))
  switch (type.kind) {
    case Kind.Size:
      return [far64(value)]
    case Kind.Wide:
      if (typeof value !== 'bigint') throw wrong('a bigint')
      return [BigInt.asUintN(64, value)]
    case Kind.Int:
      return [Number(value) & (2 ** (8 * type.size) - 1)]
    case Kind.Flags:
      return [
        type.labels.reduce(
          (bits, flag, bit) =>
            (value as Readonly<Record<string, unknown>> | undefined)?.[camelCase(flag)]
              ? bits | (1 << bit)
              : bits,
          0,
        ),
      ]
    case Kind.Enum: {
      const number = type.labels.indexOf(String(value))
      if (number < 0) throw wrong(`one of ${type.labels.join(', ')}`)
      return [number]
    }
    case Kind.Result:
      return [(value as { tag?: unknown } | undefined)?.tag === 'err' ? 1 : 0]
    case Kind.Variant: {
      const { tag, val } = (value ?? {}) as { tag?: string; val?: Datetime }
      const number = type.parts.findIndex(({ label }) => label === tag)
      if (number < 0) throw wrong(`one of ${type.parts.map(({ label }) => label).join(', ')}`)
      return [number, BigInt.asUintN(64, val?.seconds ?? 0n), Number(val?.nanoseconds ?? 0) >>> 0]
    }
    case Kind.String: {
      const bytes = encoder.encode(String(value))
      return [component.put(bytes), bytes.length]
    }
    case Kind.Bytes: {
      if (!ArrayBuffer.isView(value)) throw wrong('a Uint8Array')
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      return [component.put(bytes), bytes.length]
    }
    case Kind.Borrow:
      return [shells.resourceOf(value, type.name as ResourceName)]
    case Kind.List:
      if (!Array.isArray(value)) throw wrong('an array of pollables')
      return [Array.from(value, item => shells.resourceOf(item, 'pollable'))]
    default:
      throw wrong(`a ${type.name}`)
  }
}

/** Returns the result of a call as a value of JavaScript. */
function lower(
  component: Component,
  shells: Shells,
  name: string,
  result: Type | undefined,
  outcome: unknown,
  lifted: readonly unknown[],
): unknown {
  if (result === undefined) return undefined
  const { context } = component
  const answer = outcome as Answer
  switch (result.kind) {
    case Kind.Bool:
      return answer !== 0
    case Kind.Wide:
      return outcome
    case Kind.Own:
      return shells.shellOf(outcome as Resource)
    case Kind.Bytes: {
      const bytes = new Uint8Array(answer)
      context.memory.enter(new Space(bytes))
      context.random(context.memory, 0, answer)
      return bytes
    }
    case Kind.Record:
      if (answer < 0) throw trap('the host has no such clock')
      return datetimeOf(context.sys.block.time[0])
    case Kind.Result:
      if (typeof outcome === 'number' && outcome < 0)
        return failed(component, shells, name, result, answer)
      return payload(component, shells, result.parts[0].type, outcome, lifted)
    default:
      return javaScriptOf(shells, result, outcome)
  }
}

/** Returns the payload of a successful result. */
function payload(
  component: Component,
  shells: Shells,
  type: Type | undefined,
  outcome: unknown,
  [self, length]: readonly unknown[],
): unknown {
  const { scratch, context } = component
  const answer = outcome as Answer
  if (type === undefined) return undefined
  switch (type.kind) {
    case Kind.Enum:
      return type.labels[answer]
    case Kind.Flags: {
      const entries = type.labels.map(
        (flag, bit) => [camelCase(flag), (answer & (1 << bit)) !== 0] as const,
      )
      return dictionary(entries)
    }
    case Kind.Size:
      return BigInt(answer)
    case Kind.Own:
      return shells.shellOf(outcome as Resource)
    case Kind.Bytes:
      return scratch.bytes.slice(0, answer)
    case Kind.String:
      return decoder.decode(scratch.bytes.subarray(0, answer))
    case Kind.Tuple:
      return [scratch.bytes.slice(0, answer), answer === 0 && length !== 0]
    case Kind.Option: {
      const { bytes, start, end, type } = self as EntriesResource
      if (answer === 0) return undefined
      return {
        type: descriptorType.labels[descriptorTypes[type]],
        name: decoder.decode(bytes.subarray(start, end)),
      }
    }
    default:
      return type.name === 'descriptor-stat' ? statOf(context.sys.block.record) : hashOf()
  }
}

function statOf(record: DataView): object {
  const { filetype, nlink, size, atim, mtim, ctim } = readFilestat(record)
  return {
    type: descriptorType.labels[descriptorTypes[filetype]],
    linkCount: nlink,
    size,
    dataAccessTimestamp: datetimeOf(atim),
    dataModificationTimestamp: datetimeOf(mtim),
    statusChangeTimestamp: datetimeOf(ctim),
  }
}
function hashOf(): object {
  const [a, b, c, d] = Array.from(hashed, BigInt)
  return { lower: (b << 32n) | a, upper: (d << 32n) | c }
}

/** Returns a value of a type that the lowered functions store by `storeValue`. */
function javaScriptOf(shells: Shells, type: Type, value: unknown): unknown {
  switch (type.kind) {
    case Kind.Enum:
      return type.labels[value as number]
    case Kind.Own:
      return shells.shellOf(value as Resource)
    case Kind.Option:
      return value === undefined
        ? undefined
        : javaScriptOf(shells, type.parts[1].type as Type, value)
    case Kind.Tuple:
      return type.parts.map(({ type: part }, i) =>
        javaScriptOf(shells, part as Type, (value as readonly unknown[])[i]),
      )
    case Kind.List: {
      const item = type.parts[0].type as Type
      // jco lowers a list of numbers from a typed array.
      if (item.kind === Kind.Int) return Uint32Array.from(value as ArrayLike<number>)
      return Array.from(value as ArrayLike<unknown>, each => javaScriptOf(shells, item, each))
    }
    default:
      return value
  }
}

/** The common part of the lowered functions, which scripts/lowered.js generates from the table. */
import type { MemoryLike } from '../memory.js'
import type { Answer } from '../sys/sys.js'
import { CLOSED, codeOf } from './answers.js'
import { loadU32, storeU32 } from './canonical.js'
import type { Component, Realloc } from './component.js'
import { ErrorResource } from './resources/error.js'
import type { PollableResource } from './resources/pollable.js'
import type { HandleTable } from './resources/resource.js'
import { trap } from './trap.js'

/** The options of a lowered function, as jco passes them to `cabiLower`. */
export interface LowerOptions {
  readonly memory?: MemoryLike
  readonly realloc?: Realloc
  readonly stringEncoding?: string
  readonly resourceTables?: readonly HandleTable[]
}
/** A function with core values, as a component's module imports it. */
// biome-ignore lint/suspicious/noExplicitAny: core values, which the generated functions lift
export type Lowered = (...values: any[]) => any
/** Makes the lowered function of a call. */
export type Lower = (options: LowerOptions) => Lowered

/**
 * Checks the options of a lowered function. jco passes an encoding for texts in another one.
 * @throws TypeError
 */
export function checkOptions({ stringEncoding = 'utf8' }: LowerOptions): void {
  if (stringEncoding !== 'utf8')
    throw new TypeError(
      `the component has texts in ${stringEncoding}: transpile it with --import-bindings js`,
    )
}

/** Lifts a case of an enumeration or a variant. @throws a trap */
export function choice(value: number, count: number): number {
  const number = value >>> 0
  if (number >= count) throw trap('invalid discriminant')
  return number
}

/** Lifts a list of borrowed pollables. @throws a trap */
export function pollables(
  component: Component,
  table: HandleTable,
  at: number,
  length: number,
): PollableResource[] {
  const { context, resources } = component
  const { memory, limits } = context
  length >>>= 0
  if (length > limits.subscriptions)
    throw trap(`poll of more pollables than limits.subscriptions, ${limits.subscriptions}`)
  at = component.result(at, 4 * length, 4)
  const found: PollableResource[] = []
  for (let i = 0; i < length; i++)
    found.push(resources.at(table, loadU32(memory.view, at + 4 * i), 'pollable'))
  return found
}

/** Stores a `result` with an `error-code`. */
export function fail(
  component: Component,
  at: number,
  payload: number,
  answer: Answer,
  name: string,
): void {
  const { memory } = component.context
  component.unexpected(answer, name)
  memory.view.setUint8(at, 1)
  memory.view.setUint8(at + payload, codeOf(answer))
}

/** Stores a `result` with a `stream-error`. */
export function failStream(
  component: Component,
  errors: HandleTable,
  at: number,
  payload: number,
  answer: Answer,
  name: string,
): void {
  const { memory } = component.context
  component.unexpected(answer, name)
  const { view } = memory
  view.setUint8(at, 1)
  view.setUint8(at + payload, answer === CLOSED ? 1 : 0)
  if (answer === CLOSED) return
  storeU32(view, at + payload + 4, component.resources.own(errors, new ErrorResource(answer)))
}

/** Copies the first bytes of the scratch memory into new memory of the component. */
export function copyOut(
  component: Component,
  at: number,
  length: number,
  start = 0,
  bytes = component.scratch.bytes,
): void {
  const { memory } = component.context
  // A subarray is an object, which costs more than a few bytes.
  if (length <= 64) for (let i = 0; i < length; i++) memory.bytes[at + i] = bytes[start + i]
  else memory.bytes.set(bytes.subarray(start, start + length), at)
}

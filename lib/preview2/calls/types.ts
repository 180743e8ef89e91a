/** The type of a call: a function for a row of the table, with the lifted arguments of that row. */
import type { Answer } from '../../sys/sys.js'
import type { Component } from '../component.js'
import type { DescriptorResource } from '../resources/descriptor.js'
import type { EntriesResource } from '../resources/entries.js'
import type { ErrorResource } from '../resources/error.js'
import type { InputStreamResource } from '../resources/input-stream.js'
import type { OutputStreamResource } from '../resources/output-stream.js'
import type { PollableResource } from '../resources/pollable.js'
import type { TerminalInput, TerminalOutput } from '../resources/terminal.js'
import type { ConvertedTable, LoweredTable } from '../wit/table.js'
import type { Handle, Kind, Param, Row, Type } from '../wit/types.js'

/** The class of each resource. */
export interface ResourceClasses {
  error: ErrorResource
  pollable: PollableResource
  'input-stream': InputStreamResource
  'output-stream': OutputStreamResource
  descriptor: DescriptorResource
  'directory-entry-stream': EntriesResource
  'terminal-input': TerminalInput
  'terminal-output': TerminalOutput
}

type K = typeof Kind
/**
 * The lifted form of an argument. A text or a list of bytes is its place and its length in the
 * bound memory, with checked bounds. A time is its case, its seconds and its nanoseconds.
 */
type Lifted<T extends Type> =
  T extends Handle<infer Name, K['Own'] | K['Borrow']>
    ? Name extends keyof ResourceClasses
      ? [resource: ResourceClasses[Name]]
      : [value: never]
    : T extends Type<K['Wide']>
      ? [value: bigint]
      : T extends Type<K['String'] | K['Bytes']>
        ? [at: number, length: number]
        : T extends Type<K['Variant']>
          ? [tag: number, seconds: bigint, nanoseconds: number]
          : T extends Type<K['List']>
            ? [resources: readonly PollableResource[]]
            : [value: number]
export type Args<P extends readonly Param[]> = P extends readonly [
  infer A extends Param,
  ...infer Rest extends readonly Param[],
]
  ? [...Lifted<A['type']>, ...Args<Rest>]
  : []

/**
 * A call returns a number: its result where that fits, or an error below 0. Bytes are in the
 * scratch memory and the number is their count; a record is in the block. A resource, and what does
 * not fit otherwise, is returned as it is.
 */
// biome-ignore lint/suspicious/noExplicitAny: the generated functions know what their row returns
export type Outcome = Answer | any
export type Call<R extends Row> = (component: Component, ...args: Args<R['params']>) => Outcome

/** The calls of each interface with lowered functions. */
export type Calls = {
  readonly [I in keyof LoweredTable]: {
    readonly [F in keyof LoweredTable[I]]: LoweredTable[I][F] extends Row
      ? Call<LoweredTable[I][F]>
      : never
  }
}

/**
 * A call of the other interfaces. Its arguments and its result are as jco represents them, with the
 * resources themselves in place of objects; a `Refused` is the error of a result.
 */
// biome-ignore lint/suspicious/noExplicitAny: each call declares the arguments of its row
export type ConvertedCall = (component: Component, ...args: any[]) => unknown

/** The calls of each of these interfaces. */
export type ConvertedCalls = {
  readonly [I in keyof ConvertedTable]: {
    readonly [F in keyof ConvertedTable[I]]: ConvertedCall
  }
}

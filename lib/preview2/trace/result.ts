/** The result of a call as a trace shows it, and the name of its answer as counts have it. */

import { readFilestat } from '../../abi/layout.js'
import type { Answer } from '../../sys/sys.js'
import { CLOSED, codeOf } from '../answers.js'
import { descriptorTypes, rest, seconds } from '../canonical.js'
import type { Component } from '../component.js'
import { Refused } from '../refused.js'
import type { EntriesResource } from '../resources/entries.js'
import { Resource } from '../resources/resource.js'
import { descriptorType, errorCodes } from '../wit/filesystem.js'
import { Kind, type Row, type Type } from '../wit/types.js'
import type { Known } from './known.js'
import {
  byteCount,
  converted,
  flagsOf,
  none,
  quoted,
  recordOf,
  type Shown,
  timeOf,
  wide,
  word,
} from './shown.js'

/** The name of a failed operation of a stream, before the code of its failure. */
const FAILED = 'last-operation-failed'

/** Returns `ok`, or the name of the error: of a failed stream, the code of its failure. */
export function answerOf({ result }: Row, outcome: unknown): string {
  if (result?.kind !== Kind.Result) return 'ok'
  if (outcome instanceof Refused) return refusalOf(outcome.payload)
  if (typeof outcome !== 'number' || outcome >= 0) return 'ok'
  return outcome === CLOSED ? 'closed' : errorCodes[codeOf(outcome)]
}
const refusalOf = (payload: unknown): string =>
  typeof payload === 'string'
    ? payload
    : ((payload as { tag?: string } | undefined)?.tag ?? 'error')

/** Shows an error as WIT has it. */
export const errorText = ({ result }: Row, answer: string): string =>
  result?.parts[1]?.type?.name === 'stream-error' && answer !== 'closed'
    ? `${FAILED} ${answer}`
    : answer

/** The result of a call that succeeded. */
export interface Result {
  /** Undefined for a result without a value. */
  readonly value?: Shown
  /** The resources that the call made. */
  readonly made?: readonly Resource[]
}

/** Shows the result of a lowered call, whose larger values are in the block or the scratch memory. */
export function resultOf(
  component: Component,
  known: Known,
  { result }: Row,
  outcome: unknown,
  args: readonly unknown[],
): Result {
  if (outcome instanceof Resource) return { made: [outcome] }
  if (result === undefined) return {}
  const [{ type: payload }] =
    result.kind === Kind.Result ? result.parts : [{ type: result as Type | undefined }]
  if (payload === undefined) return {}
  const answer = outcome as Answer
  const { scratch, context } = component
  switch (payload.kind) {
    case Kind.Bool:
      return { value: word(answer !== 0) }
    case Kind.Enum:
      return { value: word(payload.labels[answer]) }
    case Kind.Flags:
      return { value: flagsOf(payload, answer) }
    case Kind.Size:
      return { value: word(answer) }
    case Kind.Wide:
      return { value: wide(outcome as bigint) }
    case Kind.Bytes:
      return { value: byteCount(answer) }
    case Kind.String:
      if (typeof outcome === 'string') return { value: quoted(outcome) }
      return { value: quoted(decoder.decode(scratch.bytes.subarray(0, answer))) }
    case Kind.Tuple:
      // Bytes, and true at the end of a file. Others are two random numbers, which are not shown.
      return result.kind === Kind.Result ? { value: byteCount(answer) } : {}
    case Kind.Option:
      return result.kind === Kind.Result
        ? { value: answer === 0 ? none : entryOf(args[0] as EntriesResource) }
        : { value: converted(payload, outcome, known.show) }
    case Kind.Record:
      if (payload.name === 'datetime') return { value: datetimeOf(context.sys.block.time[0]) }
      return payload.name === 'descriptor-stat' ? { value: statOf(context.sys.block.record) } : {}
    default:
      return { value: converted(payload, outcome, known.show) }
  }
}

/** Shows the result of a call whose values jco converts. */
export function convertedResultOf(known: Known, { result }: Row, outcome: unknown): Result {
  if (outcome instanceof Resource) return { made: [outcome] }
  const type = result?.kind === Kind.Result ? result.parts[0].type : result
  if (type === undefined) return {}
  const items = outcome as readonly unknown[]
  if (type.kind === Kind.Tuple && items.every(item => item instanceof Resource))
    return { made: items as readonly Resource[] }
  return { value: converted(type, outcome, known.show) }
}

const decoder = new TextDecoder()
const datetimeOf = (time: bigint): Shown => timeOf(seconds(time), rest(time))
function entryOf({ bytes, start, end, type }: EntriesResource): Shown {
  return recordOf([
    ['type', word(descriptorType.labels[descriptorTypes[type]])],
    ['name', quoted(decoder.decode(bytes.subarray(start, end)))],
  ])
}
function statOf(record: DataView): Shown {
  const { filetype, size } = readFilestat(record)
  return recordOf([
    ['type', word(descriptorType.labels[descriptorTypes[filetype]])],
    ['size', wide(size)],
  ])
}

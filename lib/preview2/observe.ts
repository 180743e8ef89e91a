/**
 * Traces, counts and limits of the calls of a component. They wrap the calls that both the lowered
 * functions and those of JavaScript values make, and only where the settings want them.
 */
import { dictionary } from '../dictionary.js'
import type { FunctionName } from '../function-names.js'
import { hostcallChannel } from '../observe/channels.js'
import { Countdown } from '../observe/hostcall-limit.js'
import { counter } from '../observe/metrics.js'
import { writing } from '../observe/unterminated.js'
import type { Settings } from '../options/settings.js'
import type { InterfaceCalls } from './bindings.js'
import type { ConvertedCall } from './calls/types.js'
import type { Component } from './component.js'
import { OutputStreamResource } from './resources/output-stream.js'
import { answerOf } from './trace/result.js'
import { type Ending, type Look, Tracer } from './trace/tracer.js'
import { trap } from './trap.js'
import { convertedTable, type InterfaceName, table } from './wit/table.js'
import { Kind, type Row } from './wit/types.js'

/** Returns what wraps the calls of an interface as the settings want. */
export function observed(
  component: Component,
  { trace, traceStyle, counts, limits, openLine }: Settings,
): (name: InterfaceName, calls: InterfaceCalls) => InterfaceCalls {
  const { verdict } = component.context
  const write =
    trace && ((line: string): void => component.aside(() => verdict.guard(() => trace(line))))
  const tracer =
    write !== undefined || hostcallChannel.hasSubscribers
      ? new Tracer(component, write, traceStyle)
      : undefined
  const countdown =
    limits.hostcalls === Number.POSITIVE_INFINITY
      ? undefined
      : new Countdown(limits.hostcalls, verdict)
  if (!tracer && !counts && !countdown) return (_name, calls) => calls
  verdict.layered = true

  return (from, calls) =>
    dictionary(
      Object.entries(calls).map(([func, call]) => {
        const name: FunctionName = `${from}#${func}`
        const row = (table[from] as Readonly<Record<string, Row>>)[func]
        const isConverted = from in convertedTable
        const looks: Look[] = []
        const lines = openLine && lastByteOf(func)
        if (lines && tracer) looks.push(lineLook(component, openLine, lines))
        const look = tracer?.lookAt(name, row, isConverted)
        if (look !== undefined) looks.push(look)
        if (counts !== undefined) looks.push(countingLook(row, counter(name, counts)))
        return [func, watched(component, name, row, call, looks, countdown)] as const
      }),
    )
}

/** The call, with its looks: the first one begins first, and ends last. */
function watched(
  component: Component,
  name: FunctionName,
  row: Row,
  call: ConvertedCall,
  looks: readonly Look[],
  countdown: Countdown | undefined,
): ConvertedCall {
  if (looks.length === 0 && countdown === undefined) return call
  const fails = row.result?.kind === Kind.Result && !isConvertedName(name)
  const { verdict } = component.context
  return (_, ...args) => {
    countdown?.count()
    const ends = looks.map(look => look(args))
    const start = process.hrtime.bigint()
    let ending: Ending
    try {
      const outcome = call(component, ...args)
      ending = { outcome, nanoseconds: Number(process.hrtime.bigint() - start) }
    } catch (error) {
      const nanoseconds = Number(process.hrtime.bigint() - start)
      try {
        const answer = component.answerTo(error, name)
        if (!fails) throw verdict.keep(trap(`${name} failed`))
        ending = { outcome: answer, nanoseconds }
      } catch (thrown) {
        ending = { thrown, nanoseconds }
      }
    }
    for (const end of ends.reverse()) end(ending, start)
    if ('thrown' in ending) throw ending.thrown
    return ending.outcome
  }
}
const isConvertedName = (name: string): boolean =>
  name.slice(0, name.indexOf('#')) in convertedTable

/** Counts a call by its answer. */
const countingLook =
  (row: Row, count: ReturnType<typeof counter>): Look =>
  () =>
  (ending, start) =>
    count(start, 'thrown' in ending ? undefined : answerOf(row, ending.outcome))

/** Returns the last byte that a call has written, from its arguments and its outcome. */
type LastByte = (
  component: Component,
  args: readonly unknown[],
  outcome: number,
) => number | undefined

/** The calls that write. The bytes of a splice are in the scratch memory after it. */
function lastByteOf(func: string): LastByte | undefined {
  if (!func.startsWith('[method]output-stream.')) return undefined
  if (func.endsWith('splice'))
    return ({ scratch }, _, moved) => (moved > 0 ? scratch.bytes[moved - 1] : undefined)
  if (func.includes('zeroes')) return (_, [, length]) => (Number(length) > 0 ? 0 : undefined)
  if (!func.includes('write') || func.endsWith('check-write')) return undefined
  return ({ context: { memory } }, [, at, length]) =>
    Number(length) > 0 ? memory.bytes[Number(at) + Number(length) - 1] : undefined
}

/** Keeps the last byte of what was written to an output that shares the place of the trace. */
const lineLook =
  (component: Component, line: NonNullable<Settings['openLine']>, last: LastByte): Look =>
  args => {
    const { stdout, stderr } = component.given
    const [stream] = args
    const file = stream instanceof OutputStreamResource ? stream.file : undefined
    const fd = file === stdout ? 1 : file === stderr ? 2 : 0
    const end = writing(line, fd)
    return ending => {
      const written = 'outcome' in ending && (ending.outcome as number) >= 0
      end?.(written ? last(component, args, ending.outcome as number) : undefined)
    }
  }

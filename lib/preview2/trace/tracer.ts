/** Traces the calls of a component: in lines like those of strace, in JSON, or on a channel. */
import { dictionary } from '../../dictionary.js'
import { GuestExit } from '../../errors.js'
import { type FunctionName, shortName } from '../../function-names.js'
import { hostcallChannel } from '../../observe/channels.js'
import type { HostcallEvent } from '../../observe/event.js'
import { escaped } from '../../observe/printable.js'
import { timelineEvent } from '../../observe/timeline.js'
import type { Style } from '../../observe/trace.js'
import { textOf } from '../../observe/wrap.js'
import type { Component } from '../component.js'
import { DescriptorResource } from '../resources/descriptor.js'
import type { Resource } from '../resources/resource.js'
import type { Row } from '../wit/types.js'
import { type Argument, argumentsOf, convertedArgumentsOf } from './arguments.js'
import { Known } from './known.js'
import { reasonOf } from './reason.js'
import { answerOf, convertedResultOf, errorText, type Result, resultOf } from './result.js'

/** The end of a call: its outcome, or the exception by which it ends the component. */
export type Ending =
  | { readonly outcome: unknown; readonly nanoseconds: number }
  | { readonly thrown: unknown; readonly nanoseconds: number }

/** A look at one call, made when it begins. It returns the look at its end. */
export type Look = (args: readonly unknown[]) => (ending: Ending, start: bigint) => void

/** Everything that a line of a call is made of. */
interface Seen {
  readonly name: FunctionName
  readonly row: Row
  readonly args: readonly Argument[]
  readonly ending: Ending
  /** `ok` or the name of the error; undefined if the call ended the component. */
  readonly answer: string | undefined
  readonly result: Result
  readonly reason: string | undefined
}

export class Tracer {
  readonly #component: Component
  readonly #known: Known
  readonly #write: ((line: string) => void) | undefined
  readonly #style: Style
  readonly #publishes = hostcallChannel.hasSubscribers

  /** @param write receives a line for each call; undefined for none */
  constructor(component: Component, write: ((line: string) => void) | undefined, style: Style) {
    this.#component = component
    this.#known = new Known(component)
    this.#write = write
    this.#style = style
  }

  /** Returns the look at the calls of a row; undefined where none is wanted. */
  lookAt(name: FunctionName, row: Row, isConverted: boolean): Look | undefined {
    const write = (this.#style.calls?.includes(name) ?? true) ? this.#write : undefined
    const opens = name.endsWith('descriptor.open-at')
    if (write === undefined && !this.#publishes && !opens) return undefined
    const [component, known] = [this.#component, this.#known]
    return values => {
      const args = isConverted
        ? convertedArgumentsOf(known, row.params, values)
        : argumentsOf(component, known, row.params, values)
      return (ending, start) => {
        const ended = 'thrown' in ending
        if (opens && !ended) this.#opened(args, ending.outcome)
        if (write === undefined && !this.#publishes) return
        const answer = ended ? undefined : answerOf(row, ending.outcome)
        const result =
          ended || answer !== 'ok'
            ? {}
            : isConverted
              ? convertedResultOf(known, row, ending.outcome)
              : resultOf(component, known, row, ending.outcome, values)
        const reason =
          answer === 'not-permitted' ? reasonOf(component, known, name, args) : undefined
        const seen = { name, row, args, ending, answer, result, reason }
        if (this.#publishes) {
          const event = this.#event(seen)
          component.aside(() => hostcallChannel.publish(event))
        }
        if (write !== undefined) write(this.#line(seen, start))
      }
    }
  }

  #opened(args: readonly Argument[], outcome: unknown): void {
    const self = args[0].resource
    const path = args.find(({ label }) => label === 'path')?.bytes
    if (self !== undefined && path !== undefined && outcome instanceof DescriptorResource)
      this.#known.opened(self, decoder.decode(path), outcome)
  }

  #line(seen: Seen, start: bigint): string {
    const { format, times } = this.#style
    if (format === 'text') return this.#text(seen, times)
    const event = this.#event(seen)
    const { nanoseconds, ...rest } = event
    const record =
      format === 'perfetto' ? timelineEvent(event, start) : times ? { ...rest, nanoseconds } : rest
    return escaped(JSON.stringify(record))
  }

  /** `descriptor.open-at(self=3</data>, path="a", ...) = ok descriptor 4</data/a>` */
  #text({ name, row, args, ending, answer, result, reason }: Seen, times: boolean): string {
    const shown = args.map(({ label, shown: { text } }) => `${label}=${text}`)
    const values = [
      ...(result.value === undefined ? [] : [result.value.text]),
      ...(result.made ?? []).map(each => `${each.kind} ${this.#known.show(each).text}`),
    ]
    const end = answer === 'ok' ? ['ok', ...values].join(' ') : answer && errorText(row, answer)
    const took = times ? ` <${(ending.nanoseconds / 1e9).toFixed(6)}>` : ''
    const why = reason === undefined ? '' : ` (${reason})`
    return `${shortName(name)}(${shown.join(', ')}) = ${end ?? endOf(ending)}${why}${took}`
  }

  #event({ name, args, ending, answer, result, reason }: Seen): HostcallEvent {
    const { value, made = [] } = result
    const named: (readonly [label: string, resource: Resource])[] = [
      ...args.flatMap(({ label, resource }) => (resource ? [[label, resource] as const] : [])),
      ...made.map(each => [each.kind, each] as const),
    ]
    const paths = named.flatMap(([label, resource]) => {
      const path = this.#known.pathOf(resource)
      return path === undefined ? [] : [[label, path] as const]
    })
    const results = [
      ...(value === undefined ? [] : [['value', value.json] as const]),
      ...made.map(each => [each.kind, this.#known.numberOf(each)] as const),
    ]
    return {
      call: name,
      args: dictionary(args.map(({ label, shown }) => [label, shown.json] as const)),
      ...(paths.length > 0 && { paths: dictionary(paths) }),
      ...(answer === undefined ? thrownOf(ending) : { errno: answer }),
      ...(reason !== undefined && { reason }),
      ...(results.length > 0 && { results: dictionary(results) }),
      nanoseconds: ending.nanoseconds,
    }
  }
}

const decoder = new TextDecoder()

function thrownOf(ending: Ending): { exitCode: number } | { error: string } {
  const thrown = 'thrown' in ending ? ending.thrown : undefined
  return thrown instanceof GuestExit ? { exitCode: thrown.exitCode } : { error: textOf(thrown) }
}
function endOf(ending: Ending): string {
  const ended = thrownOf(ending)
  return 'exitCode' in ended ? `exit ${ended.exitCode}` : ended.error
}

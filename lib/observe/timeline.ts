/**
 * A trace as a timeline: Chrome's JSON trace events, which ui.perfetto.dev and chrome://tracing
 * open.
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
import { isFunctionName, shortName } from '../function-names.js'
import type { HostcallEvent } from './event.js'
import { escaped } from './printable.js'

/** A complete event: a bar of the timeline. Times are in microseconds. */
export interface TimelineEvent {
  readonly name: string
  readonly cat: string
  readonly ph: 'X'
  readonly ts: number
  readonly dur: number
  readonly args: object
}

/** Returns the event of a call. Its thread and its process are known where the line is written. */
export function timelineEvent(
  { call, args, nanoseconds, ...rest }: HostcallEvent,
  start: bigint,
): TimelineEvent {
  return {
    name: isFunctionName(call) ? shortName(call) : call,
    cat: /^(?:wasi:[^#]*|[a-z]*)/.exec(call)?.[0] ?? '',
    ph: 'X',
    ts: Number(start) / 1000,
    dur: nanoseconds / 1000,
    args: { ...args, ...rest },
  }
}

/** The most threads that are named. */
const mostNames = 4096

/**
 * Returns the hook for the events of one guest. It writes a line for each, which is the next part
 * of a JSON array: its bracket at the end may be left out, so that the trace of a guest that dies
 * is valid.
 * @param program the name of the process in the timeline
 */
export function timeline(program: string, write: (line: string) => void): (line: string) => void {
  const { pid } = process
  const named = new Set<number>()
  let next = '['
  const put = (event: string): void => {
    const line = next + event
    next = ','
    write(line)
  }
  const name = (what: string, tid: number, name: string): void =>
    put(escaped(JSON.stringify({ name: what, ph: 'M', pid, tid, args: { name } })))
  return line => {
    // A guest with threads says which one it was.
    const [start, thread = '0'] = /^\{(?:"tid":(\d{1,9}),)?/.exec(line) ?? ['']
    const tid = Number(thread)
    if (named.size === 0) name('process_name', tid, program)
    if (!named.has(tid) && named.size < mostNames) {
      named.add(tid)
      name('thread_name', tid, tid === 0 ? 'main' : `thread ${tid}`)
    }
    put(`{"pid":${pid},"tid":${tid},${line.slice(start.length)}`)
  }
}

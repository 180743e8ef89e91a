/**
 * The options of a run beside those of its guest, a row each, in the order in which they are
 * checked.
 */
import { constants } from 'node:buffer'
import { isAbsolute, resolve } from 'node:path'
import type { GuestOptions } from '../options/options.js'
import { callback, integer, oneOf, type Row, together } from '../options/row.js'
import { wrongType, wrongValue } from '../validate.js'
import { isSignal } from './aborts.js'
import { importsOf } from './imports/option.js'
import { mostElements } from './module/cap.js'
import type { RunOptions } from './options.js'
import type { OutputEncoding } from './stdio/types.js'
import { defaultStack, leastStack, mostStack } from './worker/stack.js'

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024
/** The longest that a timer takes. */
const mostMilliseconds = 2 ** 31 - 1

const osSandboxes = oneOf(['require', 'best-effort'])

const output = integer(0, 2 ** 31 - 1, 2 ** 24)

export const runTable = {
  threads: integer(0, mostThreads, 0),
  isolation: oneOf(['worker', 'process'], 'worker'),
  osSandbox: {
    words: osSandboxes.words,
    check: (name: string, value: unknown, earlier: Earlier) =>
      inProcess(name, osSandboxes.check(name, value), earlier),
  },
  execPath: { check: execPathOf },
  maxMemory: integer(0, 2 ** 32),
  maxTableElements: integer(0, mostElements),
  maxStack: integer(leastStack, mostStack, defaultStack),
  timeout: integer(1, mostMilliseconds),
  signal: { check: signalOf },
  imports: { check: importsOf },
  cache: { check: cacheOf },
  invoke: { check: invokeOf },
  onListening: callback<NonNullable<RunOptions['onListening']>>(),
  encoding: oneOf<OutputEncoding, 'buffer'>(['utf8', 'buffer'], 'buffer'),
  maxOutput: { ...output, check: maxOutputOf },
  // Stdio checks the streams, which it begins to read.
  stdin: together,
  stdout: together,
  stderr: together,
  input: together,
} as const satisfies {
  readonly [Name in
    | Exclude<keyof RunOptions, keyof GuestOptions>
    | 'stdin'
    | 'stdout'
    | 'stderr'
    | 'input']-?: Row
}

/** Returns the limit of captured bytes, which as text must fit into a string. */
function maxOutputOf(
  name: string,
  value: unknown,
  { encoding }: { readonly encoding: OutputEncoding },
): number {
  const most = output.check(name, value)
  if (encoding === 'utf8' && most > constants.MAX_STRING_LENGTH)
    throw wrongValue(
      name,
      `must be at most ${constants.MAX_STRING_LENGTH}, the longest string, with options.encoding 'utf8'`,
      value,
    )
  return most
}

interface Earlier {
  readonly isolation: 'worker' | 'process'
}

/** Refuses an option of a child process for a guest in workers. */
function inProcess<T>(name: string, value: T, { isolation }: Earlier): T {
  if (isolation === 'worker')
    throw wrongValue(name, "must be left out unless options.isolation is 'process'", value)
  return value
}

/**
 * A name without a folder would be looked up in PATH, and a relative path from the root, where the
 * process begins.
 */
function execPathOf(name: string, value: unknown, earlier: Earlier): string {
  const expected = 'an absolute path without NUL characters'
  if (typeof value !== 'string') throw wrongType(name, expected, value)
  inProcess(name, value, earlier)
  if (isAbsolute(value) && !value.includes('\0')) return value
  throw wrongValue(name, `must be ${expected}`, value)
}

function invokeOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(name, 'of type string', value)
  if (/^\s*[^\s(]/.test(value)) return value
  throw wrongValue(name, `must be a call, as 'name(1, "two")'`, value)
}

/** Returns false, or a folder as an absolute path. */
function cacheOf(name: string, value: unknown): string | false {
  if (value === false) return false
  const expected = 'false or the path of a folder'
  if (typeof value !== 'string') throw wrongType(name, expected, value)
  if (value !== '' && !value.includes('\0')) return resolve(value)
  throw wrongValue(name, `must be ${expected}, not empty and without NUL characters`, value)
}

function signalOf(name: string, value: unknown): AbortSignal {
  if (!isSignal(value)) throw wrongType(name, 'an instance of AbortSignal', value)
  return value
}

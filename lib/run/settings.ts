/** What an embedder says of a run beside its guest: where it runs, how long, with how much. */
import { isAbsolute } from 'node:path'
import { optionNames } from '../options/settings.js'
import { checkFunction, checkInteger, checkKeys, checkOneOf, checkString, wrongType, wrongValue } from '../validate.js'
import { isSignal } from './aborts.js'
import { mostElements } from './module/cap.js'
import type { RunOptions } from './options.js'
import { Stdio } from './stdio/stdio.js'
import { defaultStack, leastStack, mostStack } from './worker/stack.js'

/** More than any program asks for, and fewer than any host can bear. */
const mostThreads = 1024
/** The longest that a timer takes. */
const mostMilliseconds = 2 ** 31 - 1

export interface Terms {
  readonly threads: number
  readonly isolation: 'worker' | 'process'
  readonly wall: 'strict' | 'best-effort'
  readonly execPath: string | undefined
  readonly maxMemory: number | undefined
  readonly maxTableElements: number | undefined
  readonly maxStack: number
  /** Whether the sandbox is the strict one. */
  readonly strict: boolean
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined
  readonly stdio: Stdio
  readonly onListening: RunOptions['onListening']
}
const names = [
  'threads',
  'isolation',
  'wall',
  'execPath',
  'maxMemory',
  'maxTableElements',
  'maxStack',
  'maxOutput',
  'timeout',
  'signal',
  'onListening',
] as const

/** What was asked for: the terms, which are checked, and the options of the guest, which are not yet. */
export type Asked = [Terms, Omit<RunOptions, (typeof names)[number] | 'stdin' | 'stdout' | 'stderr'>]

export function termsOf(options: RunOptions): Asked {
  checkKeys('options', [...optionNames, ...names], options)
  const {
    threads = 0,
    isolation = 'worker',
    wall,
    execPath,
    maxMemory,
    maxTableElements,
    maxStack = defaultStack,
    maxOutput,
    timeout,
    signal,
    onListening,
    stdin,
    stdout,
    stderr,
    ...own
  } = options
  checkInteger('options.threads', threads, 0, mostThreads)
  checkOneOf('options.isolation', ['worker', 'process'], isolation)
  if (wall !== undefined) checkOneOf('options.wall', ['strict', 'best-effort'], wall)
  if (wall !== undefined && isolation === 'worker') throw wrongValue('options.wall', "goes with options.isolation 'process' only", wall)
  if (execPath !== undefined) checkExecPath(execPath, isolation)
  if (maxMemory !== undefined) checkInteger('options.maxMemory', maxMemory, 0, 2 ** 32)
  if (maxTableElements !== undefined) checkInteger('options.maxTableElements', maxTableElements, 0, mostElements)
  checkInteger('options.maxStack', maxStack, leastStack, mostStack)
  if (timeout !== undefined) checkInteger('options.timeout', timeout, 1, mostMilliseconds)
  if (signal !== undefined && !isSignal(signal)) throw wrongType('options.signal', 'an instance of AbortSignal', signal)
  if (onListening !== undefined) checkFunction('options.onListening', onListening)
  const stdio = new Stdio({ stdin, stdout, stderr, maxOutput })
  return [
    {
      threads,
      isolation,
      wall: wall ?? 'strict',
      execPath,
      maxMemory,
      maxTableElements,
      maxStack,
      strict: own.sandbox === 'strict',
      timeout,
      signal,
      stdio,
      onListening,
    },
    own,
  ]
}

/**
 * A name without a folder would be looked up in PATH, and a relative path from the root, where the
 * process begins.
 */
function checkExecPath(execPath: unknown, isolation: Terms['isolation']): void {
  checkString('options.execPath', execPath)
  if (isolation === 'worker') throw wrongValue('options.execPath', "goes with options.isolation 'process' only", execPath)
  if (!isAbsolute(execPath) || execPath.includes('\0'))
    throw wrongValue('options.execPath', 'must be an absolute path without NUL characters', execPath)
}

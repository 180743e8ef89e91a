/** Decides if a guest has the stack that it needs in the main thread. */
import { sparesHeap } from '../run/module/heap.js'
import { hasEnlargedStack } from '../sys/choose.js'
import type { RunRequest } from './options.js'

/**
 * V8's stack in the main thread, which nothing changes once it runs. The kernel's limit (`ulimit
 * -s`, usually 8 MiB) leaves the rest unused.
 * @see https://github.com/v8/v8/blob/main/src/flags/flag-definitions.h `stack_size`
 */
const mainStack = 984 * 2 ** 10

/**
 * The workers of other runtimes have stacks of one size, whatever is asked for, and Node's
 * permission model may allow no workers.
 */
const noThread = (): boolean =>
  'bun' in process.versions ||
  'deno' in process.versions ||
  process.permission?.has('worker') === false

/** Tells if a guest gets the stack of the main thread: it is large enough, or there is no other. */
export const hasStack = ({ run: { maxStack } }: RunRequest): boolean =>
  maxStack <= mainStack || noThread()

/**
 * Gives the main thread the stack of the guest, on Linux. A thread of its own is for what has an end
 * only there: a JavaScript heap that the guest has filled, and colours that a signal leaves behind.
 */
export const enlargeStack = (
  { run: { maxStack }, guest: { backend, strict, allowTerminalEscapes } }: RunRequest,
  bytes: Uint8Array,
): boolean =>
  backend !== 'typescript' &&
  (!strict || allowTerminalEscapes === true) &&
  sparesHeap(bytes) &&
  hasEnlargedStack(maxStack)

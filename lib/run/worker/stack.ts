/** Sizes the stack of a guest's threads. */

/**
 * Bytes of stack in each thread of a guest. Go's builders give it as much: `regexp` of Go's
 * standard library needs more than 1 MiB.
 */
export const defaultStack = 8 * 2 ** 20
/** Node's own code in a worker, and this package's, need up to 100 KiB before the guest begins. */
export const leastStack = 2 ** 18
/** Recursion makes all of it resident, in each thread. */
export const mostStack = 2 ** 28

/**
 * Bytes of a worker's stack that V8 leaves unused, for calls into the host from a guest that is at
 * its limit.
 * @see https://github.com/nodejs/node/blob/v20.19.0/src/node_worker.h `kStackBufferSize`
 */
const buffer = 192 * 2 ** 10

/**
 * The worker's `resourceLimits.stackSizeMb` for so many bytes. Node allocates a thread stack of
 * exactly this size, and gives V8 all of it except the buffer.
 * @see https://github.com/nodejs/node/blob/v20.19.0/src/node_worker.cc `thread_options.stack_size`
 */
export const stackSizeMb = (bytes: number): number => (bytes + buffer) / 2 ** 20

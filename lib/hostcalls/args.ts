/** The guest's arguments and environment. */
import { pointerBytes } from '../abi/layout.js'
import type { Strings } from '../abi/strings.js'
import type { Context } from '../context.js'
import type { Answer } from '../sys/sys.js'
import type { Hostcalls } from './types.js'

/** Returns the number of strings, and stores the number of their bytes. */
function sizes({ sys }: Context, { bytes, offsets }: Strings): Answer {
  sys.block.second[0] = bytes.length
  return offsets.length
}

function copy(
  { memory }: Context,
  { bytes, offsets }: Strings,
  pointers: number,
  buffer: number,
): Answer {
  const fault =
    memory.fault(pointers, offsets.length * pointerBytes) || memory.fault(buffer, bytes.length)
  if (fault !== 0) return fault
  for (let i = 0; i < offsets.length; i++)
    memory.setUint32(pointers + pointerBytes * i, buffer + offsets[i])
  memory.write(buffer, bytes)
  return 0
}

/**
 * Returns the number of arguments, and the size of all their bytes with a NUL each. See `args_get`.
 *
 *     argc             argv_buf_size
 *     | 02 00 00 00 |  | 05 00 00 00 |
 *
 * Errors: FAULT for a pointer outside guest memory.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#args_sizes_get
 */
export const args_sizes_get: Hostcalls['args_sizes_get'] = context => sizes(context, context.args)

/**
 * Writes the arguments to guest memory, as argv of
 * [execve(2)](https://man7.org/linux/man-pages/man2/execve.2.html): the strings to `argv_buf`, each
 * with a NUL, and a pointer to each to `argv`. For `a` and `bc`, with `argv_buf` at 16:
 *
 *     argv                           argv_buf
 *     0             4             8  16  17    18  19  20    21
 *     | 10 00 00 00 | 12 00 00 00 |  | a | NUL | b | c | NUL |
 *
 * Errors: FAULT for a pointer outside guest memory.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#args_get
 */
export const args_get: Hostcalls['args_get'] = (context, argv, buffer) =>
  copy(context, context.args, argv, buffer)

/**
 * Returns the number of variables, and the size of all their bytes with a NUL each: two u32, as
 * those of `args_sizes_get`.
 * Errors: FAULT for a pointer outside guest memory.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#environ_sizes_get
 */
export const environ_sizes_get: Hostcalls['environ_sizes_get'] = context =>
  sizes(context, context.env)

/**
 * Writes the variables to guest memory as NAME=value, as in
 * [environ(7)](https://man7.org/linux/man-pages/man7/environ.7.html). The layout is that of
 * `args_get`.
 * Errors: FAULT for a pointer outside guest memory.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#environ_get
 */
export const environ_get: Hostcalls['environ_get'] = (context, environ, buffer) =>
  copy(context, context.env, environ, buffer)

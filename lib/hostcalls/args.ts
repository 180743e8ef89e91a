/** The guest's arguments and environment. */
import type { Strings } from '../abi/strings.js'
import { pointer } from '../abi/types.js'
import type { Context } from '../context.js'
import type { Answer } from '../sys/sys.js'
import type { Hostcalls } from './types.js'

/**
 * Both calls of each pair have the same shape: how much there is, and a copy with the pointers into
 * it.
 */
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
  memory.check(pointers, offsets.length * pointer.size)
  memory.check(buffer, bytes.length)
  for (let i = 0; i < offsets.length; i++)
    memory.setUint32(pointers + pointer.size * i, buffer + offsets[i])
  memory.write(buffer, bytes)
  return 0
}

export const args_sizes_get: Hostcalls['args_sizes_get'] = context => sizes(context, context.args)
export const args_get: Hostcalls['args_get'] = (context, argv, buffer) =>
  copy(context, context.args, argv, buffer)
export const environ_sizes_get: Hostcalls['environ_sizes_get'] = context =>
  sizes(context, context.env)
export const environ_get: Hostcalls['environ_get'] = (context, environ, buffer) =>
  copy(context, context.env, environ, buffer)

/** What the guest was started with: its arguments and its environment. */
import type { Context } from '../context.js'
import type { Answer } from '../sys/sys.js'
import type { Hostcalls } from './types.js'

const total = (strings: readonly Uint8Array[]): number => strings.reduce((sum, { length }) => sum + length, 0)

/** Both calls of each pair have the same shape: how much there is, and a copy with the pointers into it. */
function sizes({ sys }: Context, strings: readonly Uint8Array[]): Answer {
  sys.block.second[0] = total(strings)
  return strings.length
}

function copy({ memory }: Context, strings: readonly Uint8Array[], pointers: number, buffer: number): Answer {
  memory.check(pointers, strings.length * 4)
  memory.check(buffer, total(strings))
  for (const string of strings) {
    memory.setUint32(pointers, buffer)
    memory.write(buffer, string)
    pointers += 4
    buffer += string.length
  }
  return 0
}

export const args_sizes_get: Hostcalls['args_sizes_get'] = context => sizes(context, context.args)
export const args_get: Hostcalls['args_get'] = (context, argv, buffer) => copy(context, context.args, argv, buffer)
export const environ_sizes_get: Hostcalls['environ_sizes_get'] = context => sizes(context, context.env)
export const environ_get: Hostcalls['environ_get'] = (context, environ, buffer) => copy(context, context.env, environ, buffer)

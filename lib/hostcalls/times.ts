/** Times that a guest sets, shared by both calls that set them. */
import { Errno } from '../abi/errno.js'
import { Fstflags } from '../abi/values.js'
import type { Block } from '../sys/block.js'
import type { Answer } from '../sys/sys.js'

const bothTimes = [Fstflags.ATIM | Fstflags.ATIM_NOW, Fstflags.MTIM | Fstflags.MTIM_NOW]

/**
 * Stores the times in the block. Each time is set to a value, or to now, or not at all: requesting
 * both is INVAL.
 */
export function putTimes({ times }: Block, atim: bigint, mtim: bigint, fstflags: number): Answer {
  if (bothTimes.some(both => (fstflags & both) === both)) return -Errno.INVAL
  times[0] = atim
  times[1] = mtim
  return 0
}

/** Times that a guest wants to set, as both calls that set them take them. */
import { Errno } from '../abi/errno.js'
import type { Answer, Block } from '../sys/sys.js'

/** Put them where the host looks for them. A time is set to a value, or to now, or not at all: both is a contradiction (INVAL). */
export function putTimes({ times }: Block, atim: bigint, mtim: bigint, fstflags: number): Answer {
  if ((fstflags & 3) === 3 || (fstflags & 12) === 12) return -Errno.INVAL
  times[0] = atim
  times[1] = mtim
  return 0
}

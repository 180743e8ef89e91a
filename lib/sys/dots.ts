/**
 * The kernel's errors for a final `.` or `..` in a path, for backends that handle it without the
 * kernel.
 */
import { Errno } from '../abi/errno.js'
import { refuse } from '../errors.js'

const answers = {
  mkdir: [Errno.EXIST, Errno.EXIST],
  symlink: [Errno.EXIST, Errno.EXIST],
  link: [Errno.EXIST, Errno.EXIST],
  unlink: [Errno.ISDIR, Errno.ISDIR],
  rmdir: [Errno.INVAL, Errno.NOTEMPTY],
  rename: [Errno.BUSY, Errno.BUSY],
} as const

/** @param dots the number of dots at the end of the path: 0, 1 or 2 */
export function refuseDots(call: keyof typeof answers, { dots }: { readonly dots: number }): void {
  if (dots > 0) refuse(answers[call][dots - 1])
}

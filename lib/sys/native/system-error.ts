/** Errors of the host as node:fs makes them, from the addon's report. */
import { getSystemErrorMap } from 'node:util'
import { type Errno, errnoNames } from '../../abi/errno.js'
import { coded } from '../../errors.js'

/**
 * A failed system call: its name, the system's number of the error, the path, and the WASI number
 * of that error or 0.
 */
export type Failure = readonly [
  syscall: string,
  error: number,
  path: string | undefined,
  guest: Errno,
]

/** Returns the error with `syscall`, `errno`, `code` and, where there is one, `path`. */
export function systemError([syscall, number, path, guest]: Failure): Error {
  const [errno, code, text] =
    process.platform === 'win32' ? ofWindows(number, guest) : ofPosix(number)
  const about = path === undefined ? '' : ` '${path}'`
  return coded(new Error(`${code}: ${text}, ${syscall}${about}`), code, {
    errno,
    syscall,
    ...(path !== undefined && { path }),
  })
}
type Named = readonly [errno: number, code: string, text: string]
function ofPosix(number: number): Named {
  const [code, text] = getSystemErrorMap().get(-number) ?? [`errno ${number}`, 'unknown error']
  return [-number, code, text]
}
/**
 * Returns Node's own name and number for an error of Windows that POSIX has, too. An error of
 * Windows alone keeps its number.
 */
function ofWindows(number: number, guest: Errno): Named {
  const name = `E${errnoNames[guest]}`
  for (const [errno, [code, text]] of getSystemErrorMap())
    if (code === name) return [errno, code, text]
  return [number, `0x${(number >>> 0).toString(16)}`, 'error of Windows']
}

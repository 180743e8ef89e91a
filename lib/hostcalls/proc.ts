/**
 * The guest's own process, which is separate from the host's: neither exit nor signals reach the
 * host's process.
 */
import { Errno } from '../abi/errno.js'
import { Signal } from '../abi/values.js'
import { GuestExit } from '../errors.js'
import type { Hostcalls } from './types.js'

/**
 * Signals whose default action is to do nothing, and those that would stop a process, which is
 * unsupported for a guest. See https://man7.org/linux/man-pages/man7/signal.7.html.
 */
const ignored: readonly number[] = [
  Signal.NONE,
  Signal.PIPE,
  Signal.CHLD,
  Signal.CONT,
  Signal.URG,
  Signal.WINCH,
]
const stopping: readonly number[] = [Signal.STOP, Signal.TSTP, Signal.TTIN, Signal.TTOU]

/**
 * Ends the guest with an exit code, as
 * [_exit(2)](https://man7.org/linux/man-pages/man2/_exit.2.html) does; it never returns. The code
 * is signed here, as in node:wasi: -1 stays -1.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#proc_exit
 */
export const proc_exit: Hostcalls['proc_exit'] = (_, code) => {
  throw new GuestExit(code | 0)
}

/**
 * Sends the guest a signal, as [raise(3)](https://man7.org/linux/man-pages/man3/raise.3.html) does.
 * A signal that terminates ends the guest with 128 plus its number, as a shell reports it.
 * Errors: NOTSUP for a signal that stops a process; INVAL for an unknown one.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#proc_raise
 */
export const proc_raise: Hostcalls['proc_raise'] = (_, sig) => {
  if (ignored.includes(sig)) return 0
  if (stopping.includes(sig)) return -Errno.NOTSUP
  throw new GuestExit(128 + sig)
}

/**
 * The guest's own process, which is none of the host: ending it and signalling it never reach the
 * host's.
 */
import { Errno } from '../abi/errno.js'
import { signal } from '../abi/types.js'
import { Exit } from '../errors.js'
import type { Hostcalls } from './types.js'

/**
 * Signals whose default action is to do nothing, and those that would stop a process, which cannot
 * be done to a guest.
 */
const ignored = ['none', 'pipe', 'chld', 'cont', 'urg', 'winch'].map(name =>
  signal.labels.indexOf(name),
)
const stopping = ['stop', 'tstp', 'ttin', 'ttou'].map(name => signal.labels.indexOf(name))

/** Exit codes are signed on this side, as node:wasi has them: -1 stays -1. */
export const proc_exit: Hostcalls['proc_exit'] = (_, code) => {
  throw new Exit(code | 0)
}

/** The guest ends as a shell would report it: with 128 and the signal's number. */
export const proc_raise: Hostcalls['proc_raise'] = (_, sig) => {
  if (ignored.includes(sig)) return 0
  if (stopping.includes(sig)) return -Errno.NOTSUP
  throw new Exit(128 + sig)
}

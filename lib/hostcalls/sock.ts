/** Calls on sockets that the guest was given; it can open none itself. */
import { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { ofMessages } from '../fds/rights.js'
import type { Hostcalls } from './types.js'

export const sock_accept: Hostcalls['sock_accept'] = ({ fds }, fd, flags) => {
  const listener = fds.socket(fd, Rights.SOCK_ACCEPT)
  if (typeof listener === 'number') return listener
  const full = fds.reserve()
  if (full !== 0) return full
  const accepted = listener.accept(flags)
  return typeof accepted === 'number' ? accepted : fds.insert(accepted)
}

export const sock_recv: Hostcalls['sock_recv'] = ({ fds, memory }, fd, data, count, flags) => {
  const socket = fds.socket(fd, Rights.FD_READ)
  if (typeof socket === 'number') return socket
  return socket.recv(memory.spans(data, count, ofMessages(socket.filetype, Errno.MSGSIZE)), flags)
}

export const sock_send: Hostcalls['sock_send'] = ({ fds, memory }, fd, data, count, flags) => {
  const socket = fds.socket(fd, Rights.FD_WRITE)
  if (typeof socket === 'number') return socket
  return socket.send(memory.spans(data, count, ofMessages(socket.filetype, Errno.MSGSIZE)), flags)
}

export const sock_shutdown: Hostcalls['sock_shutdown'] = ({ fds }, fd, how) => {
  const socket = fds.socket(fd, Rights.SOCK_SHUTDOWN)
  if (typeof socket === 'number') return socket
  return how === 0 ? -Errno.INVAL : socket.shutdown(how)
}

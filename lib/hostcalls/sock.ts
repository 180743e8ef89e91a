/**
 * Calls on the sockets among the guest's resources; a guest cannot open sockets itself.
 *
 * Errors of each: BADF for a closed descriptor; NOTCAPABLE for a missing right; FAULT for a range
 * outside guest memory. A standard stream or a file is NOTSOCK. Linux's manual documents the errors
 * that a host adds.
 */
import { Errno } from '../abi/errno.js'
import { Rights } from '../abi/rights.js'
import { ofMessages } from '../fds/rights.js'
import type { Hostcalls } from './types.js'

/**
 * Accepts a connection at the lowest free number, as
 * [accept4(2)](https://man7.org/linux/man-pages/man2/accept4.2.html) does. The only flag is
 * NONBLOCK.
 * Errors: NOTSOCK; AGAIN for a NONBLOCK listener without a connection; INVAL for a socket that does
 * not listen; CONNABORTED; MFILE; NOTSUP on a backend without sockets.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#sock_accept
 */
export const sock_accept: Hostcalls['sock_accept'] = ({ fds }, fd, flags) => {
  const listener = fds.socket(fd, Rights.SOCK_ACCEPT)
  if (typeof listener === 'number') return listener
  const full = fds.reserve()
  if (full !== 0) return full
  const accepted = listener.accept(flags)
  return typeof accepted === 'number' ? accepted : fds.insert(accepted)
}

/**
 * Receives into the buffers of `ri_data`, as
 * [recvmsg(2)](https://man7.org/linux/man-pages/man2/recvmsg.2.html) does. It returns two results:
 * the number of bytes, 0 at the end, and the flags, of which RECV_DATA_TRUNCATED is one.
 *
 *     ro_datalen       ro_flags
 *     | 05 00 00 00 |  | 00 00 |
 *
 * Errors: NOTSOCK; NOTCONN; CONNRESET; AGAIN; MSGSIZE for a datagram with more buffers than one
 * call takes.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#sock_recv
 */
export const sock_recv: Hostcalls['sock_recv'] = ({ fds, memory }, fd, data, count, flags) => {
  const socket = fds.socket(fd, Rights.FD_READ)
  if (typeof socket === 'number') return socket
  const spans = memory.spans(data, count, ofMessages(socket.filetype, Errno.MSGSIZE))
  return spans < 0 ? spans : socket.recv(spans, flags)
}

/**
 * Sends the buffers of `si_data`, as
 * [sendmsg(2)](https://man7.org/linux/man-pages/man2/sendmsg.2.html) does, and returns the number
 * of bytes, which may be fewer than requested.
 * Errors: NOTSOCK; NOTCONN; PIPE; CONNRESET; AGAIN; MSGSIZE as for `sock_recv`.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#sock_send
 */
export const sock_send: Hostcalls['sock_send'] = ({ fds, memory }, fd, data, count, flags) => {
  const socket = fds.socket(fd, Rights.FD_WRITE)
  if (typeof socket === 'number') return socket
  const spans = memory.spans(data, count, ofMessages(socket.filetype, Errno.MSGSIZE))
  return spans < 0 ? spans : socket.send(spans, flags)
}

/**
 * Shuts down receiving, sending or both on a connection, as
 * [shutdown(2)](https://man7.org/linux/man-pages/man2/shutdown.2.html) does.
 * Errors: NOTSOCK; NOTCONN; INVAL for neither direction.
 * @see https://github.com/WebAssembly/WASI/blob/v0.2.7/legacy/preview1/docs.md#sock_shutdown
 */
export const sock_shutdown: Hostcalls['sock_shutdown'] = ({ fds }, fd, how) => {
  const socket = fds.socket(fd, Rights.SOCK_SHUTDOWN)
  if (typeof socket === 'number') return socket
  return how === 0 ? -Errno.INVAL : socket.shutdown(how)
}

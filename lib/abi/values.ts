/**
 * Bits and values of the specification that the code uses by name; test/unit/table.test.ts compares
 * them with types.ts.
 */

/** Flags for resolving a path. */
export const Lookupflags = Object.freeze({ FOLLOW: 1 })
export const Oflags = Object.freeze({ CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 })
export const Fdflags = Object.freeze({ APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 })
/** The fdflags that a file keeps from its opening. */
export const syncFlags = Fdflags.DSYNC | Fdflags.RSYNC | Fdflags.SYNC
export const Fstflags = Object.freeze({ ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 })
export const Eventrwflags = Object.freeze({ HANGUP: 1 })
export const Subclockflags = Object.freeze({ ABSTIME: 1 })
export const Whence = Object.freeze({ SET: 0, CUR: 1, END: 2 })
export const Clockid = Object.freeze({
  REALTIME: 0,
  MONOTONIC: 1,
  PROCESS_CPUTIME_ID: 2,
  THREAD_CPUTIME_ID: 3,
})
export const Eventtype = Object.freeze({ CLOCK: 0, FD_READ: 1, FD_WRITE: 2 })
/** The signals that do not end a process. */
export const Signal = Object.freeze({
  NONE: 0,
  PIPE: 13,
  CHLD: 16,
  CONT: 17,
  STOP: 18,
  TSTP: 19,
  TTIN: 20,
  TTOU: 21,
  URG: 22,
  WINCH: 27,
})
export const Filetype = Object.freeze({
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
})

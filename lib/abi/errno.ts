/** The error numbers of preview 1, in the order of the specification (`$errno`). */
// biome-ignore format: a list to be counted, not read
export const errnoNames = [
  'SUCCESS', '2BIG', 'ACCES', 'ADDRINUSE', 'ADDRNOTAVAIL', 'AFNOSUPPORT', 'AGAIN', 'ALREADY', 'BADF', 'BADMSG', 'BUSY', 'CANCELED',
  'CHILD', 'CONNABORTED', 'CONNREFUSED', 'CONNRESET', 'DEADLK', 'DESTADDRREQ', 'DOM', 'DQUOT', 'EXIST', 'FAULT', 'FBIG', 'HOSTUNREACH',
  'IDRM', 'ILSEQ', 'INPROGRESS', 'INTR', 'INVAL', 'IO', 'ISCONN', 'ISDIR', 'LOOP', 'MFILE', 'MLINK', 'MSGSIZE', 'MULTIHOP',
  'NAMETOOLONG', 'NETDOWN', 'NETRESET', 'NETUNREACH', 'NFILE', 'NOBUFS', 'NODEV', 'NOENT', 'NOEXEC', 'NOLCK', 'NOLINK', 'NOMEM',
  'NOMSG', 'NOPROTOOPT', 'NOSPC', 'NOSYS', 'NOTCONN', 'NOTDIR', 'NOTEMPTY', 'NOTRECOVERABLE', 'NOTSOCK', 'NOTSUP', 'NOTTY', 'NXIO',
  'OVERFLOW', 'OWNERDEAD', 'PERM', 'PIPE', 'PROTO', 'PROTONOSUPPORT', 'PROTOTYPE', 'RANGE', 'ROFS', 'SPIPE', 'SRCH', 'STALE',
  'TIMEDOUT', 'TXTBSY', 'XDEV', 'NOTCAPABLE',
] as const

/** The name of an error in the specification, without the `E` of POSIX: `NOENT`, `NOTCAPABLE`. */
export type ErrnoName = (typeof errnoNames)[number]
/** An error number of WASI, which differs from the host's; 0 is success. */
export type Errno = number
/** The error numbers of preview 1 by name. */
export const Errno = Object.freeze(
  Object.fromEntries(errnoNames.map((name, value) => [name, value])),
) as Readonly<Record<ErrnoName, Errno>>

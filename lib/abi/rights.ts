/**
 * The rights a descriptor may hold, in the order of the specification (`$rights`); the value of
 * each is its bit.
 */
// biome-ignore format: a list to be counted, not read
export const rightNames = [
  'FD_DATASYNC', 'FD_READ', 'FD_SEEK', 'FD_FDSTAT_SET_FLAGS', 'FD_SYNC', 'FD_TELL', 'FD_WRITE', 'FD_ADVISE', 'FD_ALLOCATE',
  'PATH_CREATE_DIRECTORY', 'PATH_CREATE_FILE', 'PATH_LINK_SOURCE', 'PATH_LINK_TARGET', 'PATH_OPEN', 'FD_READDIR', 'PATH_READLINK',
  'PATH_RENAME_SOURCE', 'PATH_RENAME_TARGET', 'PATH_FILESTAT_GET', 'PATH_FILESTAT_SET_SIZE', 'PATH_FILESTAT_SET_TIMES',
  'FD_FILESTAT_GET', 'FD_FILESTAT_SET_SIZE', 'FD_FILESTAT_SET_TIMES', 'PATH_SYMLINK', 'PATH_REMOVE_DIRECTORY', 'PATH_UNLINK_FILE',
  'POLL_FD_READWRITE', 'SOCK_SHUTDOWN', 'SOCK_ACCEPT',
] as const

/** A right by its name in the specification, in capitals: `FD_READ`, `PATH_OPEN`. */
export type RightName = (typeof rightNames)[number]
/** A set of rights, as a number: of the specification's 64 bits, 30 are in use. */
export type Rights = number
/** The rights of preview 1 by name, each a set of one, with NONE and ALL. */
export const Rights = Object.freeze({
  ...(Object.fromEntries(rightNames.map((name, bit) => [name, 2 ** bit])) as Record<
    RightName,
    Rights
  >),
  /** No right. */
  NONE: 0,
  /** All rights. */
  ALL: 2 ** rightNames.length - 1,
})

/** Parts of the contract that Windows lacks, and parts that wine, its substitute, cannot show. */
import type { Skip } from './contract.js'

const onWindows: Skip[] = [
  {
    reason: 'no file system of Windows has FIFOs',
    cases: [
      'seek on a pipe is refused with SPIPE',
      'allocate refuses read-only files, empty ranges, directories, pipes and huge sizes',
      'advise on a pipe is refused with SPIPE',
      'sync and datasync succeed on files and directories, and refuse pipes',
      'setFlags NONBLOCK makes reads of an empty pipe return AGAIN',
      'a write to a pipe without a reader returns PIPE',
      'entries have the types and inodes of their files',
      'open reports the type of the file that it opened',
      'open of a FIFO without a peer returns at once',
      'a FIFO opened with NONBLOCK returns AGAIN while it is empty',
      'unlink removes a file, a symlink or a FIFO',
      'socket calls on files and directories return NOTSOCK',
      'an adopted pipe is read and written',
      'poll reports a pipe with data as ready',
      'poll reports the bytes in a pipe',
      'poll times out on an empty pipe',
      'poll returns as soon as a pipe has data',
      'poll reports the hangup of a pipe',
      'a read from a pipe waits for data',
      'a read from an adopted pipe waits for data',
      'poll of an adopted pipe in its other direction returns at once',
      'a large write to an adopted pipe is written whole, as its reader takes it',
      'a write to a full pipe returns AGAIN',
    ],
  },
  {
    reason: 'times are kept to 100 nanoseconds',
    cases: [
      'setTimes on a handle keeps nanoseconds',
      'setTimesAt on a path keeps nanoseconds',
      'setting one time keeps the other to the nanosecond',
    ],
  },
  {
    reason: 'names are UTF-16, and some are refused: test/windows has their cases',
    cases: [
      'names that are not UTF-8 are kept byte for byte',
      'names of bytes that are no UTF-8 work in every call',
      'names special to other systems are ordinary names',
      'absolute paths are refused with NOTCAPABLE',
    ],
  },
  {
    reason:
      'the system has no places in a directory: cookies count entries, also those that are gone',
    cases: [
      'cookies stay valid while names are added and removed',
      'cookies stay valid while many other directories are listed',
    ],
  },
  {
    reason:
      'a directory is removed when its last handle is closed, and has a code of its own for what is made in it',
    cases: ['a removed directory that is open is empty and refuses new names'],
  },
  {
    reason: 'there is no way from a directory to the one above it',
    cases: [
      '.. in a subdirectory has the inode of its parent',
      '.. has the inode of its parent in whatever order directories are listed',
      '.. deep below the root has the inode of its parent',
    ],
  },
  {
    reason: 'Windows moves no directory in which something is open',
    cases: [
      'a handle still reaches its directory after that was moved',
      'a handle never reaches a directory that took the place of its own',
      '.. in a directory moved out of the root has its own inode',
    ],
  },
  {
    reason: 'Node has no descriptors for sockets there',
    cases: [
      'listening returns the address of a listener, and throws for others',
      'an accepted connection sends and receives',
      'a NONBLOCK accept without a connection returns AGAIN',
      'recv reads from an adopted connection',
      'readv and writev move bytes on a socket',
      'recv with PEEK leaves the bytes to the next recv',
      'shutdown ends the stream, and later sends return PIPE',
      'recv on a listener returns NOTCONN',
    ],
  },
  {
    reason:
      'path_open asks there to read alone, of which test/hostcalls/dirwrite.test.ts has a case',
    cases: ['a directory opened with DIRECTORY to write is refused'],
  },
  {
    reason: 'wants a shell of POSIX',
    cases: [
      ...[
        'recv with WAITALL waits until its buffer is full',
        'a blocking send sends everything as its peer reads',
      ],
      ...[
        'times before 1970 are reported as 1970',
        'a time from before 1970 stays when the other one is set',
      ],
    ],
  },
  {
    reason: 'Windows says NOENT behind a file, and has no modes',
    cases: [
      'preopen of a missing path or of a file throws with code and path',
      'preopen of an unreadable folder throws EACCES',
    ],
  },
]

const underWine: Skip[] = [
  {
    reason: 'wine makes no links, and follows those of its host',
    cases: [
      'setTimesAt follows a symlink only with the flag',
      'setTimesAt sets the times of a dangling symlink itself',
      'setTimesAt without flags still resolves the name',
      'setTimesAt refuses missing names and paths that escape the root',
      'EXCL refuses an existing name with EXIST',
      'DIRECTORY refuses anything but a directory',
      'open without the follow flag refuses a symlink with LOOP',
      'CREAT through a dangling symlink makes its target',
      'CREAT with UNCHANGED through links makes no file',
      'CREAT through a symlink that escapes the root is NOTCAPABLE',
      'symlinks on the way are followed',
      'a symlink on the way is confined whatever the length of its name',
      'a name that was a symlink is followed for what it is now',
      'a symlink in the last component is followed only with the flag',
      '.. after a symlink is the parent of its target',
      'symlinks that escape the root are refused with NOTCAPABLE',
      'absolute symlinks are refused with NOTCAPABLE',
      'a chain of 40 symlinks is followed, one of 41 is LOOP',
      'symlinks in a cycle are LOOP',
      'a symlink whose target ends in a slash must reach a directory',
      'symlinks to . and .. are followed within the root',
      'a symlink with a trailing slash is followed without the flag',
      'readlink returns the target',
      'readlink cuts the target to its buffer',
      'readlink of anything but a symlink is refused',
      'symlink stores any target unchanged',
      'symlink refuses absolute targets, existing names and missing parents',
      'link follows a symlink only with the flag',
      'link refuses directories, missing files and existing names',
      'mkdir makes a directory',
      'mkdir refuses existing names and missing parents',
      'rmdir refuses files, symlinks, full directories and dots',
      'unlink refuses directories, missing names and trailing slashes',
      'rename moves files, directories and symlinks',
      'rename replaces a file, an empty directory or a symlink',
      'rename refuses sources that are dots, missing, or files with a slash',
      'rename looks at both names before it refuses a symlink with a slash',
      'rename refuses to put a file over a directory',
      'rename refuses to put a directory over a file or a full directory',
      'preopen reports the type of the directory that it opened',
      'a last link deep in the tree is followed through links on the way',
      'a last link whose target goes up within the root is followed',
      'a last link deep in the tree that leaves the root is refused',
      'a last link counts together with links on the way',
      'a last link whose target ends in a slash or dots must reach a directory',
      'a dangling last link is NOENT',
      'a last link whose target is too long behind its path is still followed',
      'following or reading a symlink updates its access time',
      'too many symlinks are LOOP, even if the last one dangles',
    ],
  },
  {
    reason: 'wine counts the links of a file that is deleted',
    cases: ['an unlinked file is usable while it is open'],
  },
  { reason: 'wine reads a directory once', cases: ['cookie 0 starts over and lists new names'] },
  {
    reason: 'wine has errors and access times of its own',
    cases: [
      'reading updates an access time that is not later than the last change',
      'a hard link to a directory is PERM, whatever its new name',
      'filestat returns the identity, type, size and times of a file',
      'setSize beyond the largest file is refused with FBIG',
      'an error without a WASI errno is UNEXPECTED, with its cause',
    ],
  },
]

const onDarwin: Skip[] = [
  {
    reason: 'readdir(3) has no places to be kept: cookies count entries, also those that are gone',
    cases: [
      'cookies stay valid while names are added and removed',
      'cookies stay valid while many other directories are listed',
    ],
  },
]
const onPosix = process.platform === 'darwin' ? onDarwin : []

/** The skipped cases of this platform. scripts/wine.js sets the variable that selects wine's. */
export const elsewhere: readonly Skip[] =
  process.platform !== 'win32'
    ? onPosix
    : process.env.WASI_COMMON_WINE
      ? [...onWindows, ...underWine]
      : onWindows

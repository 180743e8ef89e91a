/** Parts of the contract that Windows lacks, and parts that wine, its substitute, cannot show. */
import type { Skip } from './contract.js'

const onWindows: Skip[] = [
  {
    reason: 'no file system of Windows has FIFOs',
    cases: [
      'a pipe cannot seek',
      'allocate refuses',
      'advise on a pipe',
      'sync and datasync',
      'setFlags nonblock on a pipe',
      'a pipe without a reader',
      'entries have types and inodes',
      'says what it opened',
      'a FIFO does not make open wait',
      'a FIFO to read from without waiting',
      'unlink removes a name',
      'files and directories are no sockets',
      'adopt a pipe',
      'a pipe with data is ready',
      'a pipe says how much it holds',
      'an empty pipe is not ready',
      'a pipe becomes ready',
      'a pipe hangs up',
      'a read from a pipe waits for data',
      'a read from an adopted pipe waits for data',
      'an adopted end of a pipe is not waited for in the other direction',
      'a large write to an adopted pipe is written whole, as its reader takes it',
      'a write to a full pipe',
    ],
  },
  {
    reason: 'times are kept to 100 nanoseconds',
    cases: [
      'set on a handle, to the nanosecond',
      'set on a path, to the nanosecond',
      'set one and leave the other exactly',
    ],
  },
  {
    reason: 'names are UTF-16, and some are refused: test/windows has their cases',
    cases: [
      'names that are not UTF-8',
      'names are bytes, whatever they spell',
      'names that mean something elsewhere',
      'absolute paths',
    ],
  },
  {
    reason:
      'the system has no places in a directory: cookies count entries, also those that are gone',
    cases: [
      'they stay right while names come and go',
      'they outlast that many other directories are listed in between',
    ],
  },
  {
    reason:
      'a directory is removed when its last handle is closed, and has a code of its own for what is made in it',
    cases: ['a removed directory that is open is empty, and nothing is made in it'],
  },
  {
    reason: 'there is no way from a directory to the one above it',
    cases: ['.. below the root is the parent', '.. far below the root is the parent'],
  },
  {
    reason: 'Windows moves no directory in which something is open',
    cases: [
      'the directory of a handle may be moved',
      'the directory of a handle is never mistaken for another',
      '.. of what was moved out of the root is itself',
    ],
  },
  {
    reason: 'Node has no descriptors for sockets there',
    cases: [
      'listening: who does, who does not, and who is no socket',
      'accept, recv and send',
      'accept when nobody calls',
      'recv on an adopted connection',
      'readv and writev on a socket',
      'recv can peek',
      'shutdown ends the sending',
      'what a listener cannot do',
    ],
  },
  {
    reason:
      'path_open asks there to read alone, of which test/hostcalls/dirwrite.test.ts has a case',
    cases: ['a directory opened as one is not opened to write'],
  },
  {
    reason: 'wants a shell of POSIX',
    cases: [
      ...[
        'recv can wait for all of it',
        'a send that may wait sends all of it, as its peer takes it',
      ],
      ...[
        'times from before 1970 are told as 1970',
        'a time from before 1970 stays when the other one is set',
      ],
    ],
  },
  {
    reason: 'Windows says NOENT behind a file, and has no modes',
    cases: ['preopen throws', 'preopen of a folder one may not read'],
  },
]

const underWine: Skip[] = [
  {
    reason: 'wine makes no links, and follows those of its host',
    cases: [
      'on a link and through it',
      'on a dangling link',
      'setting no times looks for the name all the same',
      'what cannot be reached',
      'EXCL refuses what is there',
      'DIRECTORY wants one',
      'a link in the last place',
      'CREAT through a dangling link',
      'CREAT with UNCHANGED through links makes nothing',
      'CREAT through a link that leads outside',
      'on the way they are followed',
      'in the last place only when asked',
      '.. goes up from where a link led',
      'that lead outside',
      'that are absolute',
      'chains of 40 and 41',
      'that lead to themselves',
      'whose target ends in a slash',
      'whose target is dots',
      'with a slash behind them they are followed always',
      'readlink gives the target',
      'readlink cuts to the room',
      'readlink of what is no link',
      'symlink stores what it is told',
      'symlink refuses',
      'link follows only when asked',
      'link refuses',
      'mkdir makes a directory',
      'mkdir refuses',
      'rmdir refuses',
      'unlink refuses',
      'rename moves a name',
      'rename replaces',
      'rename refuses to move',
      'rename refuses a file its new name',
      'rename refuses a directory its new name',
      'preopen says what it opened',
      'a last link at depth, through links in the middle',
      'a last link whose target goes up, and stays inside',
      'a last link that leads outside, at depth',
      'a last link counts with those on the way',
      'a last link whose target ends in a slash or dots',
      'a last link that dangles',
      'a last link whose target does not fit behind its path',
      'following a symlink, and reading its target, make its access time new',
      'links are counted together, before the last of too many leads nowhere',
    ],
  },
  {
    reason: 'wine counts the links of a file that is deleted',
    cases: ['an unlinked file stays while it is open'],
  },
  { reason: 'wine reads a directory once', cases: ['cookie 0 starts over and sees what is new'] },
  {
    reason: 'wine has errors and access times of its own',
    cases: [
      'reading makes an access time new that is not later than the last change',
      'a hard link of a directory is PERM, wherever it leads',
      'filestat of a file',
      'setSize beyond all bounds',
      'an error nobody expected',
    ],
  },
]

const onDarwin: Skip[] = [
  {
    reason: 'readdir(3) has no places to be kept: cookies count entries, also those that are gone',
    cases: [
      'they stay right while names come and go',
      'they outlast that many other directories are listed in between',
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

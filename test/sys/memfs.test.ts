/**
 * The contract on files in memory, and on an overlay of a directory of the host, by each backend.
 */
import test from 'ava'
import { Block } from '#lib/sys/block.js'
import { MemfsSys } from '#lib/sys/memfs/sys.js'
import { Tree } from '#lib/sys/memfs/tree.js'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { contract, type Skip } from './contract.js'
import { overlay, quota, treeFs } from './treefs.js'

const memory: Skip[] = [
  {
    reason: 'no descriptor of the host lies in memory',
    cases: [
      ...[
        'an adopted file is used, and left open at the end',
        'an adopted file is read from the host’s offset',
        'an adopted file opened to append is written at its end',
      ],
      'setFlags on an adopted descriptor leaves the host’s flags unchanged',
      ...[
        'setFlags cannot stop an adopted file from appending',
        'setFlags of an adopted file keeps the offset that it shares with the host',
      ],
      ...['poll of an adopted pipe in its other direction returns at once'],
      ...[
        'an adopted pipe is read and written',
        'an adopted device reports its type, and is read and written',
        'adopt of a closed descriptor throws EBADF',
        'dispose closes every descriptor, and later calls return BADF',
      ],
      ...[
        'a read from an adopted pipe waits for data',
        'a large write to an adopted pipe is written whole, as its reader takes it',
      ],
      ...[
        'an accepted connection sends and receives',
        'a NONBLOCK accept without a connection returns AGAIN',
        'recv reads from an adopted connection',
        'readv and writev move bytes on a socket',
      ],
      ...[
        'recv with PEEK leaves the bytes to the next recv',
        'shutdown ends the stream, and later sends return PIPE',
        'recv on a listener returns NOTCONN',
      ],
      ...[
        'listen on a free port accepts connections until it is closed',
        'listen on IPv6 leaves the port of IPv4 free',
        'listen refuses names, malformed addresses and foreign addresses',
      ],
      ...[
        'listening returns the address of a listener, and throws for others',
        'poll reports new connections, data and hangups',
      ],
      ...[
        'a NONBLOCK send without room returns AGAIN, then goes on',
        'recv with WAITALL waits until its buffer is full',
        'a blocking send sends everything as its peer reads',
      ],
    ],
  },
  {
    reason: 'there are no FIFOs, and those below an overlay are not opened',
    cases: [
      ...[
        'seek on a pipe is refused with SPIPE',
        'advise on a pipe is refused with SPIPE',
        'setFlags NONBLOCK makes reads of an empty pipe return AGAIN',
        'a write to a pipe without a reader returns PIPE',
        'allocate refuses read-only files, empty ranges, directories, pipes and huge sizes',
      ],
      ...[
        'sync and datasync succeed on files and directories, and refuse pipes',
        'open reports the type of the file that it opened',
        'open of a FIFO without a peer returns at once',
        'a FIFO opened with NONBLOCK returns AGAIN while it is empty',
      ],
      ...[
        'socket calls on files and directories return NOTSOCK',
        'poll reports a pipe with data as ready',
        'poll reports the bytes in a pipe',
      ],
      ...[
        'poll times out on an empty pipe',
        'poll returns as soon as a pipe has data',
        'poll reports the hangup of a pipe',
        'a read from a pipe waits for data',
      ],
      ...['a write to a full pipe returns AGAIN'],
    ],
  },
  {
    reason: 'clocks are the backend’s beside it',
    cases: [
      ...[
        'poll without handles sleeps for its timeout',
        'the realtime clock returns the time of day',
        'the monotonic clock never goes back',
        'the monotonic clock measures elapsed time',
        'CPU clocks advance while the process works',
      ],
      'every clock reports its resolution',
    ],
  },
  {
    reason: 'there is no mode that forbids to look, and no error but those of WASI',
    cases: [
      'preopen of an unreadable folder throws EACCES',
      'an error without a WASI errno is UNEXPECTED, with its cause',
    ],
  },
]

contract(
  test,
  'memfs',
  () => {
    const tree = new Tree(quota)
    return { sys: new MemfsSys(new Block(), tree), fs: treeFs(tree) }
  },
  [
    ...memory,
    {
      reason: 'there are no FIFOs to be seen',
      cases: [
        'entries have the types and inodes of their files',
        'unlink removes a file, a symlink or a FIFO',
      ],
    },
    {
      reason: 'no host sets times there, and a guest has no numbers for such',
      cases: [
        'times before 1970 are reported as 1970',
        'a time from before 1970 stays when the other one is set',
      ],
    },
  ],
)

const backends: Readonly<Record<string, () => Sys>> = {
  native: () => openNative(),
  typescript: () => new TypescriptSys(),
}
for (const [name, make] of Object.entries(backends)) {
  contract(test, `overlay on ${name}`, () => overlay(make), [
    ...memory,
    {
      reason:
        'a directory that was moved still lies over the same one, in which the case makes a file by its old name',
      cases: ['a handle still reaches its directory after that was moved'],
    },
  ])
}

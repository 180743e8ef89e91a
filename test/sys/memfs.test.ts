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
        'adopt a file, and leave it open',
        'an adopted file goes on where the host was',
        'adopt a file that appends',
      ],
      'the flags of an adopted descriptor stay the host’s',
      ...[
        'an adopted file that appends goes on doing so',
        'the flags of an adopted file leave its offset to the host',
      ],
      ...['an adopted end of a pipe is not waited for in the other direction'],
      ...[
        'adopt a pipe',
        'adopt a device',
        'adopt what is not open',
        'dispose closes all, and refuses what follows',
      ],
      ...[
        'a read from an adopted pipe waits for data',
        'a large write to an adopted pipe is written whole, as its reader takes it',
      ],
      ...[
        'accept, recv and send',
        'accept when nobody calls',
        'recv on an adopted connection',
        'readv and writev on a socket',
      ],
      ...['recv can peek', 'shutdown ends the sending', 'what a listener cannot do'],
      ...[
        'listen, where nobody else does',
        'listen at IPv6, and there alone',
        'listen: what cannot be',
      ],
      ...[
        'listening: who does, who does not, and who is no socket',
        'poll a listener and its connections',
      ],
      ...[
        'a send that finds no room',
        'recv can wait for all of it',
        'a send that may wait sends all of it, as its peer takes it',
      ],
    ],
  },
  {
    reason: 'there are no FIFOs, and those below an overlay are not opened',
    cases: [
      ...[
        'a pipe cannot seek',
        'advise on a pipe',
        'setFlags nonblock on a pipe',
        'a pipe without a reader',
        'allocate refuses',
      ],
      ...[
        'sync and datasync',
        'says what it opened',
        'a FIFO does not make open wait',
        'a FIFO to read from without waiting',
      ],
      ...[
        'files and directories are no sockets',
        'a pipe with data is ready',
        'a pipe says how much it holds',
      ],
      ...[
        'an empty pipe is not ready',
        'a pipe becomes ready',
        'a pipe hangs up',
        'a read from a pipe waits for data',
      ],
      ...['a write to a full pipe'],
    ],
  },
  {
    reason: 'clocks are the backend’s beside it',
    cases: [
      ...[
        'poll sleeps',
        'realtime is the time of day',
        'monotonic only rises',
        'monotonic measures',
        'CPU clocks count work',
      ],
      'resolutions are told',
    ],
  },
  {
    reason: 'there is no mode that forbids to look, and no error but those of WASI',
    cases: ['preopen of a folder one may not read', 'an error nobody expected'],
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
      cases: ['entries have types and inodes', 'unlink removes a name'],
    },
    {
      reason: 'no host sets times there, and a guest has no numbers for such',
      cases: [
        'times from before 1970 are told as 1970',
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
      cases: ['the directory of a handle may be moved'],
    },
  ])
}

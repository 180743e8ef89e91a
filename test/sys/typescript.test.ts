/** The contract on the typescript backend, by each of its ways to reach a directory. */
import test from 'ava'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { contract, type Skip } from './contract.js'

const nodeFs: Skip[] = [
  {
    reason: 'node:fs takes times as floating seconds, and cuts them to microseconds',
    cases: ['set on a handle, to the nanosecond', 'set on a path, to the nanosecond', 'set one and leave the other exactly'],
  },
  {
    reason: 'node:fs has no poll',
    cases: ['a pipe says how much it holds', 'an empty pipe is not ready', 'a pipe becomes ready', 'a pipe hangs up'],
  },
  {
    reason: 'node:fs has no accept, no shutdown, and no flags to recv',
    cases: ['accept, recv and send', 'accept when nobody calls', 'recv can peek', 'shutdown ends the sending'],
  },
  {
    reason: 'node:fs cannot listen',
    cases: [
      'listen, where nobody else does',
      'listen at IPv6, and there alone',
      'listen: what cannot be',
      'listening: who does, who does not, and who is no socket',
      'poll a listener and its connections',
      'a send that finds no room',
      'recv can wait for all of it',
      'a send that may wait sends all of it, as its peer takes it',
    ],
  },
]

contract(test, 'typescript', () => new TypescriptSys(), nodeFs)
contract(test, 'typescript by path strings', () => new TypescriptSys({ places: 'strings' }), [
  ...nodeFs,
  {
    reason: 'a directory that was moved is not found by its string',
    cases: ['the directory of a handle may be moved', 'a removed directory is empty', '.. of what was moved out of the root is itself'],
  },
  {
    reason: 'only /proc/self/fd reopens a file or tells its offset',
    cases: ['setFlags nonblock on a pipe', 'an adopted file goes on where the host was', 'adopt a file that appends'],
  },
])

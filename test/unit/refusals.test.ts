/**
 * Refusals of descriptors: every hostcall that takes one answers for it without an exception,
 * before it looks at anything else.
 */
import test from 'ava'
import { Errno, errnoNames } from '#lib/abi/errno.js'
import { Rights } from '#lib/abi/rights.js'
import { joined } from '#lib/abi/strings.js'
import { type HostcallName, type Row, table } from '#lib/abi/table.js'
import { fd, Kind, pointer } from '#lib/abi/types.js'
import { Filetype } from '#lib/abi/values.js'
import type { Context } from '#lib/context.js'
import { HostDirectory } from '#lib/fds/directory.js'
import { HostFile } from '#lib/fds/file.js'
import { LocalFds } from '#lib/fds/local.js'
import { Polls } from '#lib/fds/polls.js'
import { baseOf, type RightsMode } from '#lib/fds/rights.js'
import { hostcalls } from '#lib/hostcalls/index.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory } from '#lib/memory.js'
import { Block } from '#lib/sys/block.js'
import type { Sys } from '#lib/sys/sys.js'
import { Verdict } from '#lib/verdict.js'

const FILE = 0
const DIRECTORY = 1
const CLOSED = 99

/**
 * A guest with a file and a directory that hold no rights, and a host that must not be asked. Its
 * memory has no byte: each pointer is at fault.
 */
function guest(mode: RightsMode): Context {
  const sys = { block: new Block(), bind() {} } as unknown as Sys
  const limits = limitsOf()
  const fds = new LocalFds(8, mode)
  for (const filetype of [Filetype.REGULAR_FILE, Filetype.DIRECTORY]) {
    const traits = {
      filetype,
      fdflags: 0,
      fitting: baseOf(filetype),
      base: Rights.NONE,
      inheriting: Rights.NONE,
    }
    fds.insert(
      filetype === Filetype.DIRECTORY
        ? new HostDirectory(sys, 1, traits)
        : new HostFile(sys, 2, traits),
    )
  }
  const memory = new GuestMemory(sys, limits)
  memory.bind({ buffer: new ArrayBuffer(0) })
  const none = joined([])
  return {
    sys,
    limits,
    fds,
    memory,
    polls: new Polls(),
    args: none,
    env: none,
    random: () => {},
    verdict: new Verdict(),
  }
}

const taking = (Object.entries(table) as [HostcallName, Row][]).filter(([, { params }]) =>
  params.some(({ type }) => type === fd),
)
/**
 * Makes a call with these descriptors, and pointers that are at fault. Returns the errno's name; a
 * throw fails the test.
 */
function answer(context: Context, name: HostcallName, ...given: number[]): string {
  const args = table[name].params.flatMap(({ type }): (number | bigint)[] => {
    if (type === fd) return [given.length > 1 ? (given.shift() as number) : given[0]]
    if (type.kind === Kind.List || type.kind === Kind.Path) return [0xffff_fff0, 1]
    return [type.kind === Kind.Raw64 ? 0n : 0]
  })
  return errnoNames[0 - (hostcalls[name] as (...args: unknown[]) => number)(context, ...args)]
}

test('every hostcall that takes a descriptor returns BADF for a closed number', t => {
  t.is(taking.length, 35)
  for (const closed of [CLOSED, 2, 2 ** 32 - 1])
    for (const [name] of taking) t.is(answer(guest('enforce'), name, closed), 'BADF', name)
  for (const name of ['path_link', 'path_rename', 'fd_renumber'] as const) {
    const holding = guest('enforce')
    holding.fds.get = (number): never => (number === DIRECTORY ? {} : -Errno.BADF) as never
    t.is(answer(holding, name, DIRECTORY, CLOSED), 'BADF', `${name}, the second`)
  }
})

/** A guest whose descriptors hold all rights, on a memory of one page. */
function open(): Context {
  const context = guest('enforce')
  const { sys } = context
  for (const filetype of [Filetype.REGULAR_FILE, Filetype.DIRECTORY, Filetype.SOCKET_STREAM]) {
    const rights = baseOf(filetype)
    const traits = { filetype, fdflags: 0, fitting: rights, base: rights, inheriting: Rights.ALL }
    context.fds.insert(
      filetype === Filetype.DIRECTORY
        ? new HostDirectory(sys, 1, traits)
        : new HostFile(sys, 2, traits),
    )
  }
  context.memory.bind({ buffer: new ArrayBuffer(65536) })
  const dir = context.fds.peek(DIRECTORY + 2) as HostDirectory
  dir.preopen = new Uint8Array([0x2f])
  const one = joined([new Uint8Array([0x78])])
  return { ...context, args: one, env: one }
}
test('every pointer outside of memory is FAULT, without an exception', t => {
  const rows = Object.entries(table) as [HostcallName, Row][]
  let pointers = 0
  for (const [name, { params }] of rows) {
    const places = params.flatMap(({ type }, i) =>
      type.kind === Kind.List || type.kind === Kind.Path || type === pointer ? [i] : [],
    )
    for (const at of places) {
      for (const outside of [65536, 0xffff_ffff]) {
        const context = open()
        const args = params.flatMap(({ type, label }, i): (number | bigint)[] => {
          if (type === fd)
            return [
              name.startsWith('sock_')
                ? 4
                : label === 'fd' && /^fd_(?!readdir|prestat)/.test(name)
                  ? 2
                  : 3,
            ]
          if (type.kind === Kind.List || type.kind === Kind.Path) return [i === at ? outside : 8, 1]
          if (type.kind === Kind.Raw64) return [0n]
          return [i === at ? outside : label === 'nsubscriptions' ? 1 : 0]
        })
        const answer = (hostcalls[name] as (...args: unknown[]) => number)(context, ...args)
        t.is(errnoNames[0 - answer], 'FAULT', `${name}, ${params[at].label} at ${outside}`)
        pointers++
      }
    }
  }
  t.true(pointers > 40, `${pointers}`)
})

/** Calls that need no right. */
const free = /^fd_(close|fdstat_get|fdstat_set_rights|prestat_get|prestat_dir_name|renumber)$/
/** Calls whose right no directory can hold. */
const moves = /^fd_(read|write|pread|pwrite|seek|tell|allocate|filestat_set_size)$/
test('a missing right is NOTCAPABLE, and one that the type cannot hold is an errno of the type', t => {
  for (const [name] of taking.filter(([name]) => !free.test(name))) {
    const socket = name.startsWith('sock_')
    const below = name.startsWith('path_') || name === 'fd_readdir'
    t.is(
      answer(guest('enforce'), name, FILE),
      socket ? 'NOTSOCK' : below ? 'NOTDIR' : 'NOTCAPABLE',
      `${name} of a file`,
    )
    t.is(
      answer(guest('enforce'), name, DIRECTORY),
      socket ? 'NOTSOCK' : moves.test(name) ? 'ISDIR' : 'NOTCAPABLE',
      `${name} of a directory`,
    )
  }
})

test('calls in the other direction of a file are BADF with rights of access', t => {
  for (const name of ['fd_read', 'fd_write'] as const)
    t.is(answer(guest('access'), name, FILE), 'BADF')
})

test('calls on an open descriptor pass its check and validate their pointers next', t => {
  const context = guest('enforce')
  t.is(answer(context, 'fd_fdstat_get', FILE), 'SUCCESS')
  t.is(answer(context, 'fd_prestat_get', DIRECTORY), 'BADF')
  t.is(answer(context, 'fd_prestat_dir_name', DIRECTORY), 'FAULT')
  t.is(answer(context, 'fd_fdstat_set_rights', FILE), 'SUCCESS')
  t.is(answer(context, 'fd_renumber', FILE, FILE), 'SUCCESS')
})

test('a full table returns MFILE and closes the new descriptor', t => {
  const fds = new LocalFds(1, 'enforce')
  const closed: number[] = []
  const sys = { close: (handle: number) => closed.push(handle) && 0 } as unknown as Sys
  const traits = {
    filetype: Filetype.REGULAR_FILE,
    fdflags: 0,
    fitting: Rights.ALL,
    base: Rights.ALL,
    inheriting: 0,
  }
  t.is(fds.insert(new HostFile(sys, 10, traits)), 0)
  t.is(fds.reserve(), -Errno.MFILE)
  t.is(fds.insert(new HostFile(sys, 11, traits)), -Errno.MFILE)
  t.deepEqual(closed, [11])
})

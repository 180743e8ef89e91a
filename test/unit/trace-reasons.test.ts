/** The reason of a NOTCAPABLE: the right, the component or the symlink that a trace names. */
import fs from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Errno, type GuestOptions, MemoryFiles, Rights } from 'wasi-common'
import { table } from '#lib/abi/table.js'
import type { FdTable } from '#lib/fds/table.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory } from '#lib/memory.js'
import { escapeReason } from '#lib/observe/escape-reason.js'
import { Followed } from '#lib/observe/follow.js'
import { Block } from '#lib/sys/block.js'
import type { Sys } from '#lib/sys/sys.js'
import { scratch, traced } from './traced-guest.js'

const posix = process.platform === 'win32' ? test.skip : test

/** A folder with symlinks, whose targets outside of it do not exist. */
function folderWith(t: ExecutionContext): string {
  const folder = join(scratch(t), 'data')
  fs.mkdirSync(join(folder, 'sub/deep'), { recursive: true })
  fs.writeFileSync(join(folder, 'file'), 'of the guest')
  fs.symlinkSync('/nowhere', join(folder, 'absolute'))
  fs.symlinkSync('../../nowhere', join(folder, 'sub/up'))
  fs.symlinkSync('sub/up', join(folder, 'by-another'))
  fs.symlinkSync('a"\x1b[2J/../../x', join(folder, 'steers'))
  fs.symlinkSync('sub', join(folder, 'within'))
  fs.symlinkSync('round', join(folder, 'round'))
  return folder
}
const files = {
  'sub/deep/': '',
  file: 'of the guest',
  'sub/up': { symlink: '../../nowhere' },
  'by-another': { symlink: 'sub/up' },
  within: { symlink: 'sub' },
}

type Preopen = NonNullable<GuestOptions['preopens']>[string]
const grounds: readonly (readonly [
  name: string,
  preopen: (folder: string) => Preopen,
  options: Partial<GuestOptions>,
  absolute: boolean,
])[] = [
  ['native', path => path, { backend: 'native' }, true],
  ['typescript', path => path, { backend: 'typescript' }, true],
  ['read-only', path => ({ path, readOnly: true }), {}, true],
  ['overlay', path => ({ path, overlay: true }), {}, true],
  ['memory', () => ({ files: new MemoryFiles(files) }), {}, false],
]

/** Paths with the reasons of their refusal. */
const refusals: readonly (readonly [path: string, reason: string])[] = [
  ['/file', 'the path is absolute'],
  ['..', 'component 1, "..", leads above fd 3</data>'],
  ['../data/file', 'component 1, "..", leads above fd 3</data>'],
  ['./sub//../../data/file', 'component 4, "..", leads above fd 3</data>'],
  ['within/deep/../../../x', 'component 5, "..", leads above fd 3</data>'],
  ['sub/up', 'component 2, symlink "sub/up" -> "../../nowhere", leads above fd 3</data>'],
  ['within/up', 'component 2, symlink "sub/up" -> "../../nowhere", leads above fd 3</data>'],
  ['by-another', 'component 1, symlink "sub/up" -> "../../nowhere", leads above fd 3</data>'],
  ['by-another/x', 'component 1, symlink "sub/up" -> "../../nowhere", leads above fd 3</data>'],
]
const absolutes: typeof refusals = [
  ['absolute', 'component 1, symlink "absolute" -> "/nowhere", is absolute'],
  ['sub/../absolute/x', 'component 3, symlink "absolute" -> "/nowhere", is absolute'],
]

for (const [name, preopen, options, absolute] of grounds)
  posix(`a path that leaves its directory is NOTCAPABLE for a reason (${name})`, t => {
    const guest = traced(t, preopen(folderWith(t)), options)
    for (const [path, reason] of [...refusals, ...(absolute ? absolutes : [])]) {
      t.is(guest.open(path)[0], Errno.NOTCAPABLE, path)
      t.is(guest.last().reason, reason, path)
    }
    // The guest's own memory and its files serve it as before.
    const [errno, fd] = guest.open('file')
    t.is(errno, Errno.SUCCESS)
    new DataView(guest.memory.buffer).setUint32(0, 2000, true)
    new DataView(guest.memory.buffer).setUint32(4, 100, true)
    t.is(guest.imports.fd_read(fd, 0, 1, 64), Errno.SUCCESS)
    t.is(Buffer.from(guest.memory.buffer, 2000, 12).toString(), 'of the guest')
    t.is(guest.last().reason, undefined)
  })

posix('a single file as a preopen: only paths that leave it have a reason', t => {
  const guest = traced(t, { file: join(folderWith(t), 'file') })
  t.is(guest.open('../file')[0], Errno.NOTCAPABLE)
  t.is(guest.last().reason, 'component 1, "..", leads above fd 3</data>')
  t.is(guest.open('absolute')[0], Errno.NOENT)
  t.is(guest.last().reason, undefined)
})

posix('a directory below the preopen is where a path relative to it ends', t => {
  const guest = traced(t, folderWith(t))
  const base = BigInt(Rights.PATH_OPEN | Rights.FD_READDIR)
  const all = BigInt(Rights.ALL)
  t.is(guest.imports.path_open(3, 1, ...guest.path('sub'), 2, base, all, 0, 64), 0)
  t.is(guest.open('../file', 4)[0], Errno.NOTCAPABLE)
  t.is(guest.last().reason, 'component 1, "..", leads above fd 4</data/sub>')
})

posix('the symlink in the last place counts only where it is followed', t => {
  const { imports, path, last } = traced(t, folderWith(t))
  t.is(imports.path_filestat_get(3, 0, ...path('absolute'), 64), Errno.SUCCESS)
  t.is(imports.path_filestat_get(3, 1, ...path('absolute'), 64), Errno.NOTCAPABLE)
  t.is(last().reason, 'component 1, symlink "absolute" -> "/nowhere", is absolute')
  t.is(imports.path_filestat_get(3, 0, ...path('absolute/'), 64), Errno.NOTCAPABLE)
  t.is(last().reason, 'component 1, symlink "absolute" -> "/nowhere", is absolute')
  t.is(imports.path_unlink_file(3, ...path('absolute')), Errno.SUCCESS)
})

posix('of two paths the one that leaves is named', t => {
  const { imports, path, last } = traced(t, folderWith(t))
  const at = 1500
  t.is(imports.path_rename(3, ...path('file'), 3, ...path('../x', at)), Errno.NOTCAPABLE)
  t.is(last().reason, 'new_path: component 1, "..", leads above fd 3</data>')
  t.is(imports.path_link(3, 1, ...path('absolute'), 3, ...path('x', at)), Errno.NOTCAPABLE)
  t.is(last().reason, 'old_path: component 1, symlink "absolute" -> "/nowhere", is absolute')
  t.is(imports.path_symlink(...path('/x'), 3, ...path('new', at)), Errno.NOTCAPABLE)
  t.is(last().reason, 'old_path: the target is absolute')
  t.is(imports.path_symlink(...path('../../x'), 3, ...path('../new', at)), Errno.NOTCAPABLE)
  t.is(last().reason, 'new_path: component 1, "..", leads above fd 3</data>')
})

for (const backend of ['native', 'typescript'] as const)
  test(`the reason of NOTCAPABLE names the missing right (${backend})`, t => {
    const { imports, open, last } = traced(t, scratch(t), { backend })
    const all = BigInt(Rights.PATH_OPEN | Rights.FD_READDIR)
    t.is(imports.fd_fdstat_set_rights(3, all, BigInt(Rights.FD_READ)), 0)
    t.is(imports.path_open(3, 1, 1000, 1, 1, 2n, 0n, 0, 64), Errno.NOTCAPABLE)
    t.is(last().reason, 'fd 3</data> lacks the right PATH_CREATE_FILE')
    t.is(imports.path_open(3, 1, 1000, 1, 0, 0x42n, 0n, 0, 64), Errno.NOTCAPABLE)
    t.is(last().reason, 'fd 3</data> lacks the inheriting right FD_WRITE')
    t.is(imports.fd_fdstat_set_rights(3, all | (3n << 9n), 2n), Errno.NOTCAPABLE)
    t.is(last().reason, 'fd 3</data> lacks the rights PATH_CREATE_DIRECTORY, PATH_CREATE_FILE')
    t.is(imports.fd_filestat_get(3, 64), Errno.NOTCAPABLE)
    t.is(last().reason, 'fd 3</data> lacks the right FD_FILESTAT_GET')
    // A refusal of the path comes after that of rights, and is not mistaken for it.
    t.is(open('../x')[0], Errno.NOTCAPABLE)
    t.regex(last().reason ?? '', /inheriting rights/)
  })

posix('a text line has the reason behind the errno, and a target cannot steer a terminal', t => {
  const folder = folderWith(t)
  fs.mkdirSync(join(folder, 'a"\x1b[2J'))
  const guest = traced(t, folder, { traceFormat: 'text', traceTimes: true })
  guest.open('steers')
  t.regex(
    guest.lines[0],
    / = NOTCAPABLE \(component 1, symlink "steers" -> "a\\"\\u001b\[2J\/\.\.\/\.\.\/x", leads above fd 3<\/data>\) <\d\.\d{6}>$/,
  )
  t.notRegex(guest.lines[0], /\p{Cc}/u)
})

posix('other refusals have no reason', t => {
  const guest = traced(t, folderWith(t))
  for (const path of ['round', 'file/x', 'missing/../../x', ''])
    t.not(guest.open(path)[0], Errno.NOTCAPABLE, path)
  t.deepEqual(
    guest.lines.filter(line => line.includes('reason')),
    [],
  )
})

test('a path of many names, a cycle or a change since the call has no reason', t => {
  const never = (): never => {
    throw new Error('looked at')
  }
  t.is(escapeReason('/x', true, 'fd 3', never), 'the path is absolute')
  t.is(
    escapeReason('a/'.repeat(300) + '../'.repeat(301), true, 'fd 3', () => false),
    undefined,
  )
  t.is(
    escapeReason('x', true, 'fd 3', () => 'x'),
    undefined,
    'a cycle',
  )
  t.is(
    escapeReason('x/y', true, 'fd 3', () => undefined),
    undefined,
    'it is gone',
  )
  t.is(
    escapeReason('x/../..', true, 'fd 3', path => (path === 'x' ? 'y' : false)),
    'component 3, "..", leads above fd 3',
  )
  t.is(escapeReason('x', false, 'fd 3', never), undefined)
  let links = 0
  const round = (): string => `x${links++}`
  t.is(escapeReason('x/y', true, 'fd 3', round), undefined)
  t.is(links, 41, 'as many as the host follows, and one')
  let longest = 0
  const measured = (path: string): false => {
    longest = Math.max(longest, path.length)
    return false
  }
  t.is(escapeReason(`${'x'.repeat(200)}/`.repeat(100), true, 'fd 3', measured), undefined)
  t.true(longest > 3800 && longest <= 4095)
})

posix('bytes of a path that are no UTF-8 lead where they led the call', t => {
  const folder = folderWith(t)
  const name = Buffer.from('b\xff', 'latin1')
  if (process.platform !== 'linux') return void t.pass('other systems refuse such names')
  fs.symlinkSync('/nowhere', Buffer.concat([Buffer.from(`${folder}/`), name]))
  const guest = traced(t, folder)
  t.is(guest.open(name)[0], Errno.NOTCAPABLE)
  t.is(guest.last().reason, 'component 1, symlink "b\ufffd" -> "/nowhere", is absolute')
})

test('a reason that cannot be found changes nothing for the guest', t => {
  const guest = traced(t, scratch(t))
  const { memory } = guest
  // It grows, so that the views of the host are detached when the reason is looked for.
  memory.grow(1)
  t.is(guest.open('../x')[0], Errno.NOTCAPABLE)
  t.is(guest.last().reason, 'component 1, "..", leads above fd 3</data>')
  const longest = Buffer.alloc(4095, 'a/')
  t.is(guest.open(longest)[0], Errno.NOENT)
  t.is(guest.open('../'.repeat(1365))[0], Errno.NOTCAPABLE)
  t.is(guest.last().reason, 'component 1, "..", leads above fd 3</data>')
})

/** A memory over a host whose calls of `bind` are kept, and of which one fails. */
function boundTo(failing: number) {
  const bound: number[] = []
  const sys = {
    block: new Block(),
    bind(bytes: Uint8Array) {
      if (bound.push(bytes.length) === failing) throw new RangeError('the stack has ended')
    },
  }
  const memory = new GuestMemory(sys as unknown as Sys, limitsOf())
  memory.bind(new WebAssembly.Memory({ initial: 1 }))
  return { memory, bound }
}

test('a host left bound to the paths of a trace is rebound by the next call', t => {
  const page = 65_536
  for (const [failing, expected] of [
    [0, [page, 8, page]],
    [2, [page, 8, page]],
    [3, [page, 8, page, page]],
  ] as const) {
    const { memory, bound } = boundTo(failing)
    const lent = (): number => memory.lend(new Uint8Array(8), () => 5)
    if (failing === 0) t.is(lent(), 5)
    else t.throws(lent, { instanceOf: RangeError })
    memory.refresh()
    memory.refresh()
    t.deepEqual(bound, expected, String(failing))
    t.is(memory.bytes.length, page)
  }
})

test('an error in the explanation omits it and keeps the answer of the call', t => {
  const { memory } = boundTo(0)
  memory.write(1000, Buffer.from('a/b'))
  const directory = {
    handle: 3,
    readlink() {
      throw new RangeError('the stack has ended')
    },
  }
  const fds = { peek: () => directory } as unknown as FdTable
  const followed = new Followed(fds, memory)
  const call = followed.follow('path_open', table.path_open, () => Errno.NOTCAPABLE, true)
  t.is(call(3, 0, 1000, 3, 0, 0n, 0n, 0, 64), Errno.NOTCAPABLE)
  t.is(followed.reason, undefined)
  t.is(memory.bytes.length, 65_536)
})

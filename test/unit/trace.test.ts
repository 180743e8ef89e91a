/**
 * A line of the trace: what was passed, what came of it, and that nothing in it can steer a
 * terminal or end the guest.
 */
import test from 'ava'
import { Errno } from '#lib/abi/errno.js'
import { type HostcallName, type Row, table } from '#lib/abi/table.js'
import { table0 } from '#lib/abi/unstable.js'
import { GuestExit } from '#lib/errors.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory } from '#lib/memory.js'
import { traced } from '#lib/observe/trace.js'
import { Block } from '#lib/sys/block.js'
import type { Sys } from '#lib/sys/sys.js'

const memory = (): GuestMemory => {
  const made = new GuestMemory({ block: new Block(), bind() {} } as unknown as Sys, limitsOf())
  made.bind(new WebAssembly.Memory({ initial: 1 }))
  return made
}
/** The line for a call with these arguments that ends so, on this memory. */
function line(
  name: HostcallName,
  args: readonly unknown[],
  end: number | (() => number) = 0,
  on = memory(),
  row: Row = table[name],
): string {
  const lines: string[] = []
  const call = traced(
    name,
    row,
    typeof end === 'number' ? () => end : end,
    on,
    written => void lines.push(written),
  )
  try {
    call(...args)
  } catch {}
  return lines.length === 1 ? lines[0] : `${lines.length} lines`
}
/** The line for `path_create_directory` of this name. */
function shown(name: string | Uint8Array): string {
  const on = memory()
  const bytes = Buffer.from(name as string)
  on.write(100, bytes)
  return line('path_create_directory', [3, 100, bytes.length], 0, on)
}

/** Every kind of argument, and of result. */
const lines: readonly (readonly [
  HostcallName,
  args: readonly unknown[],
  errno: number,
  line: string,
])[] = [
  ['sched_yield', [], 0, 'sched_yield() = SUCCESS'],
  ['fd_close', [3], Errno.BADF, 'fd_close(fd=3) = BADF'],
  ['fd_close', [-1], Errno.BADF, 'fd_close(fd=4294967295) = BADF'],
  ['fd_close', [3], 1234, 'fd_close(fd=3) = 1234'],
  ['fd_sync', [undefined], Errno.INVAL, 'fd_sync(fd=undefined) = INVAL'],
  ['fd_seek', [3, -5n, 1, 64], 0, 'fd_seek(fd=3, offset=-5, whence=cur) = SUCCESS newoffset=0'],
  ['fd_seek', [3, -5n, 7, 64], Errno.INVAL, 'fd_seek(fd=3, offset=-5, whence=7) = INVAL'],
  [
    'fd_filestat_set_size',
    [3, 2n ** 63n],
    Errno.INVAL,
    `fd_filestat_set_size(fd=3, size=${2n ** 63n}) = INVAL`,
  ],
  [
    'fd_filestat_set_size',
    [3, -1n],
    Errno.INVAL,
    `fd_filestat_set_size(fd=3, size=${2n ** 64n - 1n}) = INVAL`,
  ],
  ['fd_fdstat_set_flags', [3, 0], 0, 'fd_fdstat_set_flags(fd=3, flags=0x0) = SUCCESS'],
  ['fd_fdstat_set_flags', [3, 5], 0, 'fd_fdstat_set_flags(fd=3, flags=append|nonblock) = SUCCESS'],
  ['fd_fdstat_set_flags', [3, 0x60], Errno.INVAL, 'fd_fdstat_set_flags(fd=3, flags=0x60) = INVAL'],
  [
    'fd_fdstat_set_flags',
    [3, 0x61],
    Errno.INVAL,
    'fd_fdstat_set_flags(fd=3, flags=append|0x60) = INVAL',
  ],
  [
    'fd_fdstat_set_rights',
    [3, -1n, 6n],
    0,
    'fd_fdstat_set_rights(fd=3, fs_rights_base=0xffffffffffffffff, fs_rights_inheriting=0x6) = SUCCESS',
  ],
  ['fd_filestat_get', [3, 64], 0, 'fd_filestat_get(fd=3) = SUCCESS buf=0x40'],
  [
    'fd_readdir',
    [3, 64, 100, -1n, 8],
    0,
    `fd_readdir(fd=3, buf=0x40+100, cookie=${2n ** 64n - 1n}) = SUCCESS bufused=0`,
  ],
  ['fd_read', [3, -8, -1, 8], Errno.FAULT, 'fd_read(fd=3, iovs=0xfffffff8+4294967295) = FAULT'],
  ['args_get', [16, -1], Errno.FAULT, 'args_get(argv=0x10, argv_buf=0xffffffff) = FAULT'],
  [
    'clock_time_get',
    [1, -1n, 64],
    0,
    `clock_time_get(id=monotonic, precision=${2n ** 64n - 1n}) = SUCCESS time=0`,
  ],
  ['clock_time_get', [9, 0n, 64], Errno.INVAL, 'clock_time_get(id=9, precision=0) = INVAL'],
  [
    'sock_recv',
    [3, 8, 1, 3, 64, 68],
    0,
    'sock_recv(fd=3, ri_data=0x8+1, ri_flags=recv_peek|recv_waitall) = SUCCESS ro_datalen=0 ro_flags=0x0',
  ],
]
for (const [name, args, errno, expected] of lines)
  test(expected, t => t.is(line(name, args, errno), expected))

test('values that are no wasm numbers are not shown as numbers', t => {
  for (const wrong of ['3', 3n])
    t.regex(line('fd_sync', [wrong], Errno.INVAL), /^fd_sync\(fd=(?!3\)).+\) = INVAL$/)
})

test('whence is shown by its name in either snapshot', t => {
  t.is(
    line('fd_seek', [3, 0n, 0, 64], 0, memory(), table.fd_seek),
    'fd_seek(fd=3, offset=0, whence=set) = SUCCESS newoffset=0',
  )
  t.is(
    line('fd_seek', [3, 0n, 0, 64], 0, memory(), table0.fd_seek),
    'fd_seek(fd=3, offset=0, whence=cur) = SUCCESS newoffset=0',
  )
})

test('results are read from their addresses', t => {
  const on = memory()
  on.setUint32(64, 7)
  on.setUint32(68, 0xffff0001)
  t.is(
    line('sock_recv', [3, 8, 1, 0, 64, 68], 0, on),
    'sock_recv(fd=3, ri_data=0x8+1, ri_flags=0x0) = SUCCESS ro_datalen=7 ro_flags=recv_data_truncated',
  )
  on.setSize64(80, 2 ** 40)
  t.is(line('fd_tell', [3, 80], 0, on), `fd_tell(fd=3) = SUCCESS offset=${2 ** 40}`)
})

test('a path is shown as text with control characters escaped', t => {
  const names: readonly (readonly [name: string, shown: string])[] = [
    ['plain/name.txt', '"plain/name.txt"'],
    ['', '""'],
    ['é 日本', '"é 日本"'],
    ['quote"back\\slash', '"quote\\"back\\\\slash"'],
    ['line\nfeed\ttab\r', '"line\\nfeed\\ttab\\r"'],
    ['\x1b[2Jclear\x07', '"\\u001b[2Jclear\\u0007"'],
    ['nul\0', '"nul\\u0000"'],
    ['\x7fdel', '"\\u007fdel"'],
    ['\x80\x9b31m\x9f', '"\\u0080\\u009b31m\\u009f"'],
    ['fake") = SUCCESS\nfd_close(fd=3', '"fake\\") = SUCCESS\\nfd_close(fd=3"'],
  ]
  for (const [name, expected] of names)
    t.is(shown(name), `path_create_directory(fd=3, path=${expected}) = SUCCESS`)
})

test('bidi controls and Unicode line breaks are escaped', t => {
  for (const sign of ['\u2028', '\u2029', '\u202e', '\u2066', '\u200f']) {
    t.false(shown(`a${sign}b`).includes(sign), sign.charCodeAt(0).toString(16))
  }
})

test('a path that is no UTF-8 is shown escaped', t => {
  t.regex(shown(Uint8Array.of(0x61, 0xff, 0xfe, 0x62)), /path="a\ufffd\ufffdb"/)
})

test('a long path is cut with an ellipsis', t => {
  t.is(shown('x'.repeat(200)), `path_create_directory(fd=3, path="${'x'.repeat(200)}") = SUCCESS`)
  t.is(
    shown('x'.repeat(201)),
    `path_create_directory(fd=3, path="${'x'.repeat(200)}"...) = SUCCESS`,
  )
})

test('a path outside memory is shown by its address', t => {
  t.is(
    line('path_create_directory', [3, 65535, 2], Errno.FAULT),
    'path_create_directory(fd=3, path=0xffff+2) = FAULT',
  )
  t.is(
    line('path_create_directory', [3, -1, -1], Errno.FAULT),
    'path_create_directory(fd=3, path=0xffffffff+4294967295) = FAULT',
  )
})

test('a call that ends the guest is traced with its exit code', t => {
  const exit = (): number => {
    throw new GuestExit(42)
  }
  t.is(line('proc_exit', [42], exit), 'proc_exit(rval=42) = exit 42')
  t.is(
    line('proc_raise', [6], () => {
      throw new GuestExit(134)
    }),
    'proc_raise(sig=abrt) = exit 134',
  )
})

test('an exception from a call is traced and propagates', t => {
  const error = new Error('wasi.start() has not been called')
  const lines: string[] = []
  const call = traced(
    'fd_sync',
    table.fd_sync,
    () => {
      throw error
    },
    memory(),
    written => void lines.push(written),
  )
  t.is(
    t.throws(() => call(3)),
    error,
  )
  t.deepEqual(lines, ['fd_sync(fd=3) = Error: wasi.start() has not been called'])
})

test('a traced call passes on its arguments unchanged', t => {
  const wrong: unknown[] = [undefined, null, '1', 1n, 1.5, {}, [], true, Number.NaN, () => {}]
  for (const [name, row] of Object.entries(table) as [HostcallName, Row][]) {
    for (const value of wrong) {
      const args = Array(12).fill(value)
      let passed: unknown[] = []
      const call = traced(
        name,
        row,
        (...given) => {
          passed = given
          return Errno.INVAL
        },
        memory(),
        () => {},
      )
      t.notThrows(() => t.is(call(...args), Errno.INVAL), `${name} ${typeof value}`)
      t.deepEqual(passed, args)
    }
  }
})

test('a call before memory is bound is traced', t => {
  const on = new GuestMemory({ block: new Block(), bind() {} } as unknown as Sys, limitsOf())
  t.is(
    line('path_create_directory', [3, 100, 1], Errno.INVAL, on),
    'path_create_directory(fd=3, path=0x64+1) = INVAL',
  )
})

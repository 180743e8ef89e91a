/**
 * Imports that are called from JavaScript: before start, with too few or too many arguments, of
 * other types, with numbers out of range.
 */
import type { HostcallName } from '#lib/abi/table.js'
import { type Any, calls, does, each, type Probe } from '../probe.js'

/** Arguments of the right types for each call, that do no harm: descriptor 9 is not open. */
export const arguments_: Readonly<
  Record<Exclude<HostcallName, 'proc_exit'>, readonly (number | bigint)[]>
> = {
  args_get: [0, 0],
  args_sizes_get: [0, 4],
  environ_get: [0, 0],
  environ_sizes_get: [0, 4],
  clock_res_get: [0, 0],
  clock_time_get: [0, 0n, 0],
  fd_advise: [9, 0n, 0n, 0],
  fd_allocate: [9, 0n, 1n],
  fd_close: [9],
  fd_datasync: [9],
  fd_fdstat_get: [9, 0],
  fd_fdstat_set_flags: [9, 0],
  fd_fdstat_set_rights: [9, 0n, 0n],
  fd_filestat_get: [9, 0],
  fd_filestat_set_size: [9, 0n],
  fd_filestat_set_times: [9, 0n, 0n, 0],
  fd_pread: [9, 0, 0, 0n, 0],
  fd_prestat_get: [9, 0],
  fd_prestat_dir_name: [9, 0, 0],
  fd_pwrite: [9, 0, 0, 0n, 0],
  fd_read: [9, 0, 0, 0],
  fd_readdir: [9, 0, 0, 0n, 0],
  fd_renumber: [9, 10],
  fd_seek: [9, 0n, 0, 0],
  fd_sync: [9],
  fd_tell: [9, 0],
  fd_write: [9, 0, 0, 0],
  path_create_directory: [9, 0, 1],
  path_filestat_get: [9, 0, 0, 1, 0],
  path_filestat_set_times: [9, 0, 0, 1, 0n, 0n, 0],
  path_link: [9, 0, 0, 1, 9, 0, 1],
  path_open: [9, 0, 0, 1, 0, 0n, 0n, 0, 0],
  path_readlink: [9, 0, 1, 0, 1, 8],
  path_remove_directory: [9, 0, 1],
  path_rename: [9, 0, 1, 9, 0, 1],
  path_symlink: [0, 1, 9, 0, 1],
  path_unlink_file: [9, 0, 1],
  poll_oneoff: [0, 0, 0, 0],
  proc_raise: [999],
  random_get: [0, 0],
  sched_yield: [],
  sock_accept: [9, 0, 0],
  sock_recv: [9, 0, 0, 0, 0, 4],
  sock_send: [9, 0, 0, 0, 0],
  sock_shutdown: [9, 0],
}

const wrongKinds: readonly Probe[] = each(
  arguments_,
  (label, right) => ({ label: label as HostcallName, right }) as Any,
).flatMap(({ label, right }: Any) => {
  const call = label as HostcallName
  const args = right as readonly (number | bigint)[]
  const other = (value: number | bigint): number | bigint =>
    typeof value === 'bigint' ? Number(value) : BigInt(value)
  /** Each argument in turn is replaced. */
  const one = (replaced: (value: number | bigint) => unknown) =>
    args.map((_, i) => args.map((value, j) => (i === j ? replaced(value) : value)))
  return [
    does(`before start: ${call}`, wasi => wasi.wasiImport[call](...args)),
    calls(`right: ${call}`, ready => ready.call[call](...args)),
    calls(`count: ${call}, one too many`, ready => ready.call[call](...args, 0)),
    ...(args.length === 0
      ? []
      : [
          calls(`count: ${call}, one too few`, ready => ready.call[call](...args.slice(0, -1))),
          calls(`types: ${call}, a string`, ready =>
            one(() => 'x').map(wrong => ready.call[call](...wrong)),
          ),
          calls(`types: ${call}, bigint for number, number for bigint`, ready =>
            one(other).map(wrong => ready.call[call](...wrong)),
          ),
        ]),
  ]
})

const u32: Readonly<Record<string, unknown>> = {
  '-1': -1,
  '1.5': 1.5,
  NaN: Number.NaN,
  Infinity: Infinity,
  '2**32': 2 ** 32,
  '2**32-1': 2 ** 32 - 1,
  '-2**31': -(2 ** 31),
  '-2**31-1': -(2 ** 31) - 1,
  '-0': -0,
  null: null,
  undefined: undefined,
  true: true,
  'a Number': new Number(0),
  '{ valueOf }': { valueOf: () => 0 },
}
const u64: Readonly<Record<string, unknown>> = {
  '-1n': -1n,
  '2n**63n': 2n ** 63n,
  '2n**64n-1n': 2n ** 64n - 1n,
  '2n**64n': 2n ** 64n,
  '2n**70n': 2n ** 70n,
  '-(2n**63n)': -(2n ** 63n),
  '-(2n**63n)-1n': -(2n ** 63n) - 1n,
  undefined: undefined,
  'a BigInt': Object(1n),
}
const ranges: readonly Probe[] = [
  ...each(u32, (label, value) =>
    calls(`u32: descriptor ${label}`, ({ call }) => call.fd_sync(value)),
  ),
  ...each(u32, (label, value) =>
    calls(`u32: pointer ${label}`, ({ call }) => call.random_get(value, 4)),
  ),
  ...each(u32, (label, value) =>
    calls(`u32: length ${label}`, ({ call }) => call.random_get(0, value)),
  ),
  ...each(u64, (label, value) =>
    calls(`u64: size ${label}`, ({ call, open }) =>
      call.fd_filestat_set_size(open('a.txt'), value),
    ),
  ),
  ...each(u64, (label, value) =>
    calls(`u64: offset ${label}`, ({ call, open }) => call.fd_seek(open('a.txt'), value, 0, 0)),
  ),
  ...each(u64, (label, value) =>
    calls(`u64: precision ${label}`, ({ call }) => call.clock_time_get(0, value, 0)),
  ),
  ...each(u64, (label, value) =>
    calls(`u64: rights ${label}`, ({ open }) => open('a.txt', { rights: value as bigint })),
  ),
]

/**
 * One page of memory, which ends at 65536. It has the name `a` at 0, and an iovec that points out
 * of memory at 65000.
 */
const outside: Readonly<Record<string, (call: Any) => string>> = {
  args_sizes_get: call => call.args_sizes_get(65534, 0),
  args_get: call => call.args_get(0, 65535),
  environ_get: call => call.environ_get(65535, 0),
  clock_time_get: call => call.clock_time_get(0, 0n, 65530),
  'fd_write, iovecs': call => call.fd_write(1, 65532, 1, 0),
  'fd_write, an iovec': call => call.fd_write(1, 65000, 1, 0),
  fd_filestat_get: call => call.fd_filestat_get(3, 65500),
  fd_prestat_dir_name: call => call.fd_prestat_dir_name(3, 65536, 1),
  path_open: call => call.path_open(3, 0, 65535, 5, 0, 0n, 0n, 0, 0),
  path_readlink: call => call.path_readlink(3, 0, 1, 65535, 9, 0),
  fd_readdir: call => call.fd_readdir(3, 65500, 100, 0n, 0),
  poll_oneoff: call => call.poll_oneoff(65500, 0, 1, 0),
  random_get: call => call.random_get(65530, 10),
  'random_get, all of it': call => call.random_get(0, 65536),
  'random_get, nothing at the end': call => call.random_get(65536, 0),
  'random_get, nothing beyond': call => call.random_get(65537, 0),
  'random_get, far': call => call.random_get(0xfffffff0, 32),
}
const memory: readonly Probe[] = [
  ...each(outside, (label, act) => {
    const draw = ({
      view,
      bytes,
      call,
    }: {
      view: DataView
      bytes: Uint8Array
      call: Any
    }): string => {
      bytes[0] = 0x61
      view.setUint32(65000, 65530, true)
      view.setUint32(65004, 10, true)
      return act(call)
    }
    return calls(`outside: ${label}`, draw, { args: ['a'], env: { A: '1' } })
  }),
  calls('memory: grown', ({ call, memory }) => [memory.grow(1), call.random_get(65536, 16)]),
  calls(
    'memory: grown, results',
    ({ call, memory }) => [
      memory.grow(1),
      call.args_sizes_get(70000, 4),
      new DataView(memory.buffer).getUint32(70000, true),
    ],
    {
      args: ['x'],
    },
  ),
  calls(
    'memory: unaligned',
    ({ call, u32 }) => [
      call.args_sizes_get(3, 9),
      u32(3),
      call.clock_time_get(0, 0n, 5),
      call.fd_filestat_get(3, 7),
    ],
    {
      args: ['x'],
    },
  ),
]

export const imports: readonly Probe[] = [
  does('before start: fd_write without arguments', wasi => wasi.wasiImport.fd_write()),
  does('before start: fd_write of strings', wasi => wasi.wasiImport.fd_write('a', 'b', 'c', 'd')),
  ...wrongKinds,
  ...ranges,
  ...memory,
  calls('imports need no this', ({ wasi }) => {
    const { sched_yield, random_get } = wasi.wasiImport
    return [sched_yield(), random_get.call(null, 0, 4), Reflect.apply(random_get, 1, [0, 4])]
  }),
]

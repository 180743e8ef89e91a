/** The calls of WASI 0.2 as rows: a loop of a component, and the same work as preview 1. */
import {
  add,
  and,
  call as calling,
  drop,
  type Expression,
  isZero,
  load,
  or,
  param,
  sequence,
  setParam,
  store,
  untilFails,
  xor,
} from '../../test/wasm.js'
import { listing } from '../calls.js'
import { dataSize, deep } from '../fixture.js'
import * as module from '../guest.js'

/** Addresses in the memory of the component. */
export const at = {
  /** The next address that its allocator returns. */
  next: 16,
  /** Handles, which `prepare` opens. */
  directory: 20,
  data: 24,
  file: 28,
  entries: 32,
  stdout: 36,
  /** The handle that a row makes. */
  made: 40,
  count: 44,
  list: 48,
  out: 256,
  path: 1024,
  buffer: 8192,
  heap: 81920,
} as const
/** The paths of the rows, which lie in the memory. */
const texts = ['file', 'data', 'entries', 'link', deep(4)] as const
const path = (text: (typeof texts)[number]): [at: number, length: number] => [
  at.path + 64 * texts.indexOf(text),
  text.length,
]
export const data = Object.fromEntries(texts.map(text => [path(text)[0], text]))

/** Entries of the directory that is listed. */
export const entryCount = 20_000

export interface Row {
  readonly name: string
  /** Before the turns of one call of the loop. */
  readonly begin?: readonly Expression[]
  readonly turn: readonly Expression[]
  readonly end?: readonly Expression[]
  /** The same work as preview 1; none where preview 1 has no such call. */
  readonly module?: (guest: module.Guest) => module.Loop
  readonly units?: number
  /** The most turns of one call. */
  readonly most?: number
  /** The least ratio of preview2-shim's time to that of hybrid bindings. */
  readonly goal?: number
  /** The most that is wanted of the time of hybrid bindings divided by that of preview 1. */
  readonly moduleGoal?: number
}

const call = (name: string, ...args: Expression[]): Expression => calling(name, ...args)
/** Makes a call whose result is at `at.out`, and checks that it is no error. */
const byte = (where: number): Expression => and(load(where), 0xff)
/** Keeps what must be 0. */
const check = (value: Expression): Expression => setParam(1, or(param(1), value))
const checked = (name: string, ...args: Expression[]): Expression[] => [
  call(name, ...args, at.out),
  check(byte(at.out)),
]
/** Has the allocator begin anew: nothing is kept from turn to turn. */
export const anew: Expression = store(at.next, at.heap)
const keep = (where: number): Expression => store(where, load(at.out + 4))
const made = load(at.made)

const opened = (
  where: number,
  text: (typeof texts)[number],
  openFlags: number,
  flags: number,
): Expression[] => [
  ...checked('[method]descriptor.open-at', load(at.directory), 1, ...path(text), openFlags, flags),
  keep(where),
]
/** Opens what the rows use. */
export const prepare: readonly Expression[] = [
  anew,
  call('get-directories', at.out),
  store(at.directory, load(load(at.out))),
  ...opened(at.data, 'data', 0, 3),
  ...opened(at.file, 'file', 0, 3),
  ...opened(at.entries, 'entries', 2, 1),
  store(at.stdout, call('get-stdout')),
]

/** Lists a directory as programs do, and counts its entries. */
export const list: readonly Expression[] = [
  store(at.count, 0),
  call('[method]descriptor.read-directory', load(at.entries), at.out),
  keep(at.made),
  drop(
    untilFails(
      sequence(
        anew,
        call('[method]directory-entry-stream.read-directory-entry', made, at.out),
        store(at.count, add(load(at.count), 1)),
        or(byte(at.out), isZero(byte(at.out + 4))),
      ),
    ),
  ),
  call('[resource-drop]directory-entry-stream', made),
]

const goal = 25
const moduleGoal = 2
/** The kernel's copy is most of a large transfer, whatever the host. */
const goals = (length: number): Pick<Row, 'goal' | 'moduleGoal'> =>
  length === 512 ? { goal, moduleGoal } : { moduleGoal }
const size = (length: number): string => (length < 1024 ? `${length} B` : `${length / 1024} KiB`)

const streams = [512, 65536].flatMap((length): Row[] => [
  {
    name: `stream read ${size(length)}`,
    begin: [...checked('[method]descriptor.read-via-stream', load(at.data), 0n), keep(at.made)],
    turn: [
      anew,
      ...checked('[method]input-stream.blocking-read', made, BigInt(length)),
      check(xor(load(at.out + 8), length)),
    ],
    end: [call('[resource-drop]input-stream', made)],
    module: guest => sequential(guest, 'fd_read', length),
    most: dataSize / length,
    ...goals(length),
  },
  {
    name: `stream write ${size(length)}`,
    begin: [...checked('[method]descriptor.write-via-stream', load(at.data), 0n), keep(at.made)],
    turn: checked('[method]output-stream.blocking-write-and-flush', made, at.buffer, length),
    end: [call('[resource-drop]output-stream', made)],
    module: guest => sequential(guest, 'fd_write', length),
    most: dataSize / length,
    ...goals(length),
  },
])
function sequential(
  guest: module.Guest,
  name: 'fd_read' | 'fd_write',
  length: number,
): module.Loop {
  const fd = guest.fd('data')
  return {
    turn: [calling(name, fd, ...guest.iov(length), module.at.result)],
    result: length,
    most: dataSize / length,
    rewind: () => guest.rewind(fd),
  }
}
const positioned = [512, 65536].flatMap((length): Row[] => [
  {
    name: `descriptor read ${size(length)}`,
    turn: [
      anew,
      ...checked('[method]descriptor.read', load(at.data), BigInt(length), 8192n),
      check(xor(load(at.out + 8), length)),
    ],
    module: guest => ({
      turn: [calling('fd_pread', guest.fd('data'), ...guest.iov(length), 8192n, module.at.result)],
      result: length,
    }),
    ...goals(length),
  },
  {
    name: `descriptor write ${size(length)}`,
    turn: [
      ...checked('[method]descriptor.write', load(at.data), at.buffer, length, 8192n),
      check(xor(load(at.out + 8), length)),
    ],
    module: guest => ({
      turn: [calling('fd_pwrite', guest.fd('data'), ...guest.iov(length), 8192n, module.at.result)],
      result: length,
    }),
    ...goals(length),
  },
])
const opens = (
  [
    ['depth 1', 'file'],
    ['depth 4', deep(4)],
    ['through a link', 'link'],
  ] as const
).map(
  ([what, text]): Row => ({
    name: `open-at + drop, ${what}`,
    turn: [...opened(at.made, text, 0, 1), call('[resource-drop]descriptor', made)],
    module: guest => ({
      turn: [module.opening(module.ground, guest.text(module.at.path, text)), module.closing()],
    }),
    ...{ goal, moduleGoal },
  }),
)

export const rows: readonly Row[] = [
  ...streams,
  ...positioned,
  ...opens,
  {
    name: 'stat-at',
    turn: checked('[method]descriptor.stat-at', load(at.directory), 1, ...path('file')),
    module: guest => ({
      turn: [
        calling(
          'path_filestat_get',
          module.ground,
          1,
          ...guest.text(module.at.path, 'file'),
          module.at.out,
        ),
      ],
    }),
    ...{ goal, moduleGoal },
  },
  {
    name: 'stat',
    turn: checked('[method]descriptor.stat', load(at.file)),
    module: guest => ({
      turn: [calling('fd_filestat_get', guest.fd('file'), module.at.out)],
    }),
    ...{ goal, moduleGoal },
  },
  {
    name: 'read-directory, an entry',
    turn: [call('list'), check(xor(load(at.count), entryCount + 1))],
    units: entryCount,
    module: guest => listing(guest, 'entries', 4096),
  },
  {
    name: 'stdout write 64 B',
    turn: checked('[method]output-stream.blocking-write-and-flush', load(at.stdout), at.buffer, 64),
    module: guest => ({
      turn: [calling('fd_write', 1, ...guest.iov(64), module.at.result)],
      result: 64,
    }),
    ...{ goal, moduleGoal },
  },
  {
    name: 'check-write of stdout',
    turn: checked('[method]output-stream.check-write', load(at.stdout)),
  },
  {
    name: 'monotonic now',
    turn: [drop(call('monotonic-now'))],
    module: () => ({ turn: [calling('clock_time_get', 1, 1n, module.at.out)] }),
    moduleGoal,
  },
  {
    name: 'wall now',
    turn: [call('wall-now', at.out)],
    module: () => ({ turn: [calling('clock_time_get', 0, 1n, module.at.out)] }),
    moduleGoal,
  },
  {
    name: 'random 16 B',
    turn: [anew, call('get-random-bytes', 16n, at.out), check(xor(load(at.out + 4), 16))],
    module: () => ({ turn: [calling('random_get', module.at.buffer, 16)] }),
    moduleGoal,
  },
  {
    name: 'poll of a ready pollable',
    begin: [
      store(at.made, call('[method]output-stream.subscribe', load(at.stdout))),
      store(at.list, made),
    ],
    turn: [anew, call('poll', at.list, 1, at.out), check(xor(load(at.out + 4), 1))],
    end: [call('[resource-drop]pollable', made)],
    module: guest => {
      module.subscribe(guest, 'write', 1)
      return module.polling()
    },
    moduleGoal,
  },
]
export const rowOf = (name: string): Row => rows.find(row => row.name === name) as Row

/** The name of a row's loop in the component. */
export const loopOf = (name: string): string => `loop${rows.findIndex(row => row.name === name)}`

/**
 * The layout of records against the specification, whose fields are written down here a second time
 * from the witx files, and against native/.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import * as layout from '#lib/abi/layout.js'
import * as types from '#lib/abi/types.js'

type Layout = Readonly<Record<string, number>>
const widths: Layout = { u8: 1, u16: 2, u32: 4, u64: 8 }

/**
 * Offsets by name of fields that are each aligned to their width, or to what `@` says, and the size
 * of them all as BYTES.
 */
function laidOut(fields: string): Layout {
  const offsets: [string, number][] = []
  let end = 0
  let widest = 1
  for (const field of fields.split(', ')) {
    const [, name, type, aligned] = /^(\w+) (\w+)(?:@(\d+))?$/.exec(field) as unknown as [
      string,
      string,
      string,
      string?,
    ]
    const align = Number(aligned ?? widths[type])
    const at = Math.ceil(end / align) * align
    offsets.push([name, at])
    end = at + widths[type]
    widest = Math.max(widest, align)
  }
  return Object.fromEntries([...offsets, ['BYTES', Math.ceil(end / widest) * widest]])
}

// A union's payload is aligned as the widest of its cases.
const clock = 'TIMEOUT u64, PRECISION u64, FLAGS u16'
const records: readonly (readonly [name: string, Layout, type: types.Type, fields: string])[] = [
  ['iovec', layout.Iovec, types.iovecs, 'BUF u32, BUF_LEN u32'],
  ['ciovec', layout.Iovec, types.ciovecs, 'BUF u32, BUF_LEN u32'],
  [
    'filestat',
    layout.Filestat,
    types.filestat,
    'DEV u64, INO u64, FILETYPE u8, NLINK u64, SIZE u64, ATIM u64, MTIM u64, CTIM u64',
  ],
  [
    'filestat0',
    layout.Filestat0,
    types.filestat0,
    'DEV u64, INO u64, FILETYPE u8, NLINK u32, SIZE u64, ATIM u64, MTIM u64, CTIM u64',
  ],
  ['fdstat', layout.Fdstat, types.fdstat, 'FILETYPE u8, FLAGS u16, BASE u64, INHERITING u64'],
  ['prestat', layout.Prestat, types.prestat, 'TAG u8, NAME_LEN u32'],
  ['dirent', layout.Dirent, types.dirent, 'NEXT u64, INO u64, NAMLEN u32, TYPE u8'],
  ['event', layout.Event, types.event, 'USERDATA u64, ERROR u16, TYPE u8, NBYTES u64, FLAGS u16'],
  [
    'subscription',
    layout.Subscription,
    types.subscription,
    `USERDATA u64, TAG u8, CLOCK_ID u32@8, ${clock}`,
  ],
  [
    'subscription0',
    layout.Subscription0,
    types.subscription0,
    `USERDATA u64, TAG u8, identifier u64, CLOCK_ID u32, ${clock}`,
  ],
]
for (const [name, actual, type, fields] of records) {
  test(`${name}, its fields and its size are those of the specification`, t => {
    const { identifier, ...expected } = laidOut(fields)
    const { FD, ...others } = actual
    t.deepEqual(others, expected)
    t.is(type.size, expected.BYTES)
    if (actual.CLOCK_ID !== undefined)
      t.is(FD, identifier ?? expected.CLOCK_ID, 'a descriptor lies where a clock begins')
  })
}

test('the parts of a filestat of wasi_unstable are fields of both layouts', t => {
  const { Filestat, Filestat0 } = layout
  const moved = new Map<number, number>()
  for (const [from, to, bytes] of types.filestat0.pieces)
    for (let i = 0; i < bytes; i++) moved.set(from + i, to + i)
  for (const field of ['DEV', 'INO', 'FILETYPE', 'NLINK', 'SIZE', 'ATIM', 'MTIM', 'CTIM'] as const)
    t.is(moved.get(Filestat[field]), Filestat0[field], field)
  t.is(moved.get(Filestat.BYTES - 1), Filestat0.BYTES - 1)
})

/** A record of so many bytes in memory that was drawn, and what was written there. */
function drawn(bytes: number, write: (view: DataView) => void): Buffer {
  const buffer = Buffer.alloc(bytes + 1, '?')
  write(new DataView(buffer.buffer, buffer.byteOffset, buffer.length))
  return buffer
}
const hex = (...parts: string[]): Buffer =>
  Buffer.from(`${parts.join('').replaceAll(' ', '')}3f`, 'hex')

test('a filestat is written whole and read back', t => {
  const fields = {
    dev: 1n,
    ino: 2n,
    filetype: 3,
    nlink: 4n,
    size: 5n + (6n << 32n),
    atim: 7n,
    mtim: 8n,
    ctim: 2n ** 64n - 1n,
  }
  const written = drawn(64, view => layout.writeFilestat(view, fields))
  const words = ['01', '02', '03', '04', '05', '07', '08'].map(byte => `${byte}00 0000 0000 0000`)
  words[4] = '0500 0000 0600 0000'
  t.deepEqual(written, hex(...words, 'ffff ffff ffff ffff'))
  const view = new DataView(written.buffer, written.byteOffset)
  t.deepEqual(layout.readFilestat(view), fields)
  t.is(layout.filestatSize(view), 5 + 6 * 2 ** 32)
  t.deepEqual(
    drawn(64, view => layout.writeFilestat(view, { nlink: 1n })),
    hex('00'.repeat(24), '01', '00'.repeat(39)),
    'fields that are left out are 0',
  )
})

test('an fdstat, a prestat, a dirent and an event are written whole', t => {
  t.deepEqual(
    drawn(24, view => layout.writeFdstat(view, 4, 0x1f, 2 ** 30 - 1, 7)),
    hex('0400 1f00 0000 0000 ffff ff3f 0000 0000 0700 0000 0000 0000'),
  )
  t.deepEqual(
    drawn(8, view => layout.writePrestat(view, 0x102)),
    hex('0000 0000 0201 0000'),
  )
  const dirent = { next: 2n ** 63n, ino: 1n, namlen: 0x102, type: 7 }
  const written = drawn(24, view => layout.writeDirent(view, 0, dirent))
  t.deepEqual(written, hex('0000 0000 0000 0080 0100 0000 0000 0000 0201 0000 0700 0000'))
  t.deepEqual(layout.readDirent(new DataView(written.buffer, written.byteOffset), 0), dirent)

  const subscriptions = new DataView(
    Uint8Array.from([1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 2, ...Array(40).fill(0xff)])
      .buffer,
  )
  t.deepEqual(
    drawn(32, view => layout.writeEvent(view, 0, subscriptions, 1, 8, 2 ** 40 + 3, 1)),
    hex(
      '1122 3344 5566 7788',
      '0800',
      '02',
      '0000000000',
      '0300 0000 0001 0000',
      '0100 0000 0000 0000',
    ),
  )
})

test('a subscription is read in the layout of each snapshot', t => {
  const bytes = Buffer.alloc(1 + 56)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const snapshot of [layout.Subscription, layout.Subscription0]) {
    bytes.fill(0xee)
    bytes[1 + snapshot.TAG] = 1
    bytes.writeUInt32LE(5, 1 + snapshot.FD)
    t.is(layout.subscriptionTag(view, 1), 1)
    t.is(layout.subscriptionFd(view, 1), 5)
    bytes.writeUInt32LE(1, 1 + snapshot.CLOCK_ID)
    bytes.writeBigUInt64LE(2n ** 63n, 1 + snapshot.TIMEOUT)
    bytes.writeUInt16LE(1, 1 + snapshot.FLAGS)
    t.deepEqual(layout.subscriptionClock(view, 1, snapshot), {
      id: 1,
      timeout: 2n ** 63n,
      flags: 1,
    })
  }
})

const native = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../native/${file}`, import.meta.url)), 'utf8')
/** The fields of a struct of C++, as `laidOut` takes them. */
function structOf(name: string, names: Layout): string {
  const [, body] = new RegExp(`^struct ${name} \\{\\n([^}]*)\\};`, 'm').exec(native('wasi.h')) ?? []
  const fields = [
    ...(body ?? '').matchAll(/^ +(?:std::uint(\d+)_t|Filetype) (\w+)(\[\d+\])?;$/gm),
  ].filter(([, , , array]) => array === undefined)
  const labels = Object.keys(names).filter(label => label !== 'BYTES')
  return fields.map(([, bits = '8'], i) => `${labels[i]} u${bits}`).join(', ')
}
test('the structs and limits of the addon equal those of lib', t => {
  for (const [name, expected] of [
    ['Filestat', layout.Filestat],
    ['Dirent', layout.Dirent],
  ] as const)
    t.deepEqual(laidOut(structOf(name, expected)), expected, name)
  const constants = `${native('block.h')}\n${native('resolve.h')}`
  const { READ, WRITE, UNCHANGED } = layout.Access
  const wanted = {
    want_read: READ,
    want_write: WRITE,
    want_unchanged: UNCHANGED,
    max_path: layout.maxPath,
    max_links: layout.maxLinks,
  }
  for (const [name, value] of Object.entries(wanted))
    t.regex(constants, new RegExp(`\\b${name} = ${value}\\b`), name)
  t.true(layout.Access.BOTH === (READ | WRITE))
})

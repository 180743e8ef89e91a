/** Handles that were never given, are of another type, or are used after their drop. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { Kind } from '#lib/preview2/wit/types.js'
import { openDescriptors } from '../hostcalls/fixture.js'
import { flatten } from './canonical.js'
import { classOf, type Func, functionOf, functions, LoweredDoor } from './doors.js'
import { bytesOf, each, Fixture, type Held, once, textOf } from './fixture.js'
import { lowered, sample, zeros } from './samples.js'

const free = 1 << 30
const hybrid = { ways: ['native'], doors: ['hybrid'] } as const
const isBorrowing = ([, { row }]: readonly [string, Func]) =>
  row.params[0]?.type.kind === Kind.Borrow
/** The functions whose first argument is a borrowed handle. */
const methods = [...functions].filter(isBorrowing)
/** Asserts that a call traps, that its trap is the end of the component, and that nothing is made. */
function traps(t: ExecutionContext, w: Fixture, call: () => unknown, message: RegExp): void {
  const error = t.throws(call, { instanceOf: WebAssembly.RuntimeError, message })
  t.is(
    t.throws(() => w.host.run(() => 0)),
    error,
  )
  t.deepEqual(fs.readdirSync(w.folder), [])
}
/** Zeros as arguments behind a handle, and a good result pointer. */
function behind(short: string): (number | bigint)[] {
  const { params, result } = functionOf(short).row
  const pointer = result !== undefined && result.flat.length > 1 ? [1024] : []
  return [...params.slice(1).flatMap(({ type }) => zeros(type)), ...pointer]
}

const wrong = {
  'never given': 77,
  'the head of the free list': 0,
  negative: -1,
  'the sign bit': 1 << 31,
  'the flag of an own handle': free,
  'a given one with that flag': free | 1,
  'a given one with the sign bit': (1 << 31) | 1,
  'just beyond the table': undefined,
} as const
for (const [title, handle] of Object.entries(wrong)) {
  test.serial(`a handle that is ${title} is a trap for every function`, t => {
    for (const [short, { row }] of lowered.filter(isBorrowing)) {
      const w = new Fixture('native', 'hybrid')
      t.not(w.box, undefined)
      const end = (w.lowered?.table(row.params[0].type.name).length ?? 0) >> 1
      const core = w.lowered?.core(short)
      traps(t, w, () => core?.(handle ?? end, ...behind(short)), /^unknown handle/)
      w.close()
    }
  })
}

test.serial('a handle that leads to a resource of another type is a trap', t => {
  for (const [short, { row }] of lowered.filter(isBorrowing)) {
    const w = new Fixture('native', 'hybrid')
    const box = w.lowered?.rep(w.box as never) as number
    const clock = w.lowered?.rep(w.call('monotonic-clock.subscribe-duration', 0n)) as number
    const kind = row.params[0].type.name
    w.lowered?.table(kind).push(0, (kind === 'descriptor' ? clock : box) | free)
    const handle = ((w.lowered?.table(kind).length ?? 0) >> 1) - 1
    traps(t, w, () => w.lowered?.core(short)?.(handle, ...behind(short)), /^unknown handle/)
    w.close()
  }
})

const made = {
  zero: 0,
  negative: -1,
  half: 1.5,
  'no number': Number.NaN,
  large: 2 ** 40,
  text: '1',
}
for (const [title, rep] of Object.entries({ ...made, 'of another type': undefined })) {
  test.serial(`an object with a made-up number that is ${title} is a trap`, t => {
    for (const [short, { row }] of methods) {
      const w = new Fixture('native', 'js')
      const kind = row.params[0].type.name
      const cabiRep = Symbol.for('cabiRep')
      const other = kind === 'descriptor' ? w.call('monotonic-clock.subscribe-duration', 0n) : w.box
      const own = rep ?? (other as { [cabiRep]: number })[cabiRep]
      const shell = { [cabiRep]: own }
      const call = () => w.door.call(short, ...row.params.map(({ type }) => sample(type, shell)))
      traps(t, w, call, /^unknown /)
      w.close()
    }
  })
}
for (const shell of [undefined, null, 1, 'text', {}])
  test(`${shell === null ? 'null' : typeof shell} in place of a resource is a trap`, t => {
    const w = new Fixture('native', 'js')
    traps(t, w, () => w.door.call('poll.poll', [shell]), /^unknown pollable/)
    w.close()
  })

each(test, 'a resource is gone after its drop', hybrid, (t, w) => {
  const directory = w.box
  const file = w.open('file', { open: ['create'], flags: ['write'] })
  const { handle } = file as { handle: number }
  w.drop(file)
  // The number of the first resource is given again: its handle stays free.
  const stream: Held = w.call('descriptor.read-directory', directory)
  t.is(w.lowered?.rep(stream as never), w.lowered?.rep({ kind: 'descriptor', handle }))
  const message = `unknown handle ${handle}`
  t.throws(() => w.lowered?.core('descriptor.sync')?.(handle, 1024), { message })
})
each(test, 'a handle is gone, though its number is of another like it', hybrid, (t, w) => {
  const file = w.open('file', { open: ['create'], flags: ['write'] })
  w.drop(file)
  // Another component of the host gets the number.
  const other = new LoweredDoor(w.host.imports)
  const [[box]] = other.call('preopens.get-directories') as [[Held]]
  t.is(other.rep(box as never), w.lowered?.rep(file as never) ?? 0)
  const { handle } = file as { handle: number }
  const message = `unknown handle ${handle}`
  t.throws(() => w.lowered?.core('descriptor.sync')?.(handle, 1024), { message })
})
each(test, 'a drop as another type drops nothing', { ...once, doors: ['js'] }, (t, w) => {
  const cabiDispose = Symbol.for('cabiDispose')
  const rep = (w.box as { [key: symbol]: number })[Symbol.for('cabiRep')]
  const Pollable = classOf(w.host.imports, 'pollable')
  for (const number of [rep, 0, -1, 99, Number.NaN])
    (Pollable as unknown as Record<symbol, (rep: number) => void>)[cabiDispose](number)
  t.is(w.answer('descriptor.get-type', w.box), 'ok')
})
each(
  test,
  'an object of a resource is useless after its drop',
  { ...once, doors: ['js'] },
  (t, w) => {
    const file = w.open('file', { open: ['create'], flags: ['write'] })
    w.drop(file)
    const other = w.open('file')
    w.drop(file)
    t.is(w.answer('descriptor.sync', other), 'ok')
    t.is(w.answer('descriptor.sync', file), 'trap: unknown descriptor 0')
  },
)

each(test, 'a stream outlives its descriptor, and a pollable both', once, (t, w) => {
  const pipe = w.path('pipe')
  execFileSync('mkfifo', [pipe])
  const both = fs.openSync(pipe, 'r+')
  const before = openDescriptors()
  fs.writeSync(both, 'ab')
  const file = w.open('pipe')
  const stream: Held = w.call('descriptor.read-via-stream', file, 0n)
  w.drop(file)
  t.is(textOf(w.call('input-stream.blocking-read', stream, 1n)), 'a')
  const pollable: Held = w.call('input-stream.subscribe', stream)
  w.drop(stream)
  t.true(w.call('pollable.ready', pollable))
  t.is(openDescriptors(), before + 1)
  w.drop(pollable)
  t.is(openDescriptors(), before)
  fs.closeSync(both)
})
each(test, 'a child may be dropped before its parent', once, (t, w) => {
  const stream: Held = w.call('descriptor.read-directory', w.box)
  w.drop(stream)
  const again: Held = w.call('descriptor.read-directory', w.box)
  w.drop(w.box)
  t.is(w.call('directory-entry-stream.read-directory-entry', again), undefined)
})

each(test, 'resources beyond 65,536 end the component', once, (t, w) => {
  const message = 'the component has more than 65536 resources'
  const made = w.lowered?.core('monotonic-clock.subscribe-instant')
  const make = () =>
    made === undefined ? w.call('monotonic-clock.subscribe-instant', 0n) : made(0n)
  t.throws(
    () => {
      for (let i = 0; i <= 65_536; i++) make()
    },
    { message },
  )
  t.is(w.answer('monotonic-clock.now'), `trap: ${message}`)
})
each(test, 'a resource for an error beyond them ends the component, too', once, (t, w) => {
  const stdin: Held = w.call('stdout.get-stdout')
  const made = w.lowered?.core('monotonic-clock.subscribe-instant')
  for (let i = 1; i < 65_536; i++)
    made === undefined ? w.call('monotonic-clock.subscribe-instant', 0n) : made(0n)
  w.host.close()
  const message = 'the component has more than 65536 resources'
  t.is(w.answer('output-stream.write', stdin, bytesOf('text')), `trap: ${message}`)
  t.throws(() => w.host.run(() => 0), { message })
})
each(test, 'streams of entries count as open files', once, (t, w) => {
  const made: Held[] = []
  while (made.length < 1024 - 5) made.push(w.call('descriptor.read-directory', w.box))
  t.is(w.answer('descriptor.read-directory', w.box), 'insufficient-memory')
  t.is(w.tryOpen('.'), 'insufficient-memory')
  w.drop(made[0])
  t.is(w.tryOpen('.'), 'ok')
  t.is(w.answer('descriptor.read-directory', w.box), 'insufficient-memory')
})

each(test, 'a bad result pointer is refused before the call does anything', hybrid, (t, w) => {
  w.write('file', 'text')
  fs.mkdirSync(w.path('empty'))
  fs.symlinkSync('file', w.path('link'))
  const options = { open: ['create'], flags: ['read', 'write'] } as const
  const dir = [w.box]
  const calls: Readonly<Record<string, readonly unknown[]>> = {
    'descriptor.create-directory-at': [...dir, 'made'],
    'descriptor.open-at': [...dir, {}, 'made', { create: true }, { write: true }],
    'descriptor.symlink-at': [...dir, 'file', 'made'],
    'descriptor.link-at': [...dir, {}, 'file', ...dir, 'made'],
    'descriptor.rename-at': [...dir, 'file', ...dir, 'made'],
    'descriptor.unlink-file-at': [...dir, 'file'],
    'descriptor.remove-directory-at': [...dir, 'empty'],
    'descriptor.set-times-at': [...dir, {}, 'file', { tag: 'now' }, { tag: 'now' }],
  }
  const seen = () =>
    ['', 'file', 'empty'].map(name => {
      const { ino, size, mtimeNs } = fs.statSync(w.path(name), { bigint: true })
      return [ino, size, mtimeNs, fs.readdirSync(w.folder).join()].join(' ')
    })
  w.drop(w.open('file', options))
  const before = seen()
  const outputs = {
    'descriptor.write': (o: Fixture) => [o.open('file', options), bytesOf('TEXT'), 0n],
    'descriptor.set-size': (o: Fixture) => [o.open('file', options), 1n],
  }
  for (const [short, args] of [...Object.entries(calls), ...Object.entries(outputs)]) {
    const { params, result } = functionOf(short).row
    const { size, align } = result as NonNullable<typeof result>
    for (const at of [
      65_536 - size + align,
      65_536,
      -align,
      1 << 31,
      ...(align > 1 ? [1025] : []),
    ]) {
      const o = new Fixture('native', 'hybrid', { options: { preopens: { '/box': w.folder } } })
      const door = o.lowered as NonNullable<Fixture['lowered']>
      const given =
        typeof args === 'function' ? args(o) : args.map(arg => (arg === w.box ? o.box : arg))
      const core = params.flatMap(({ type }, i) => flatten(door, type, given[i]))
      t.throws(() => door.core(short)?.(...core, at), {
        message: at === 1025 ? 'unaligned pointer' : 'memory access out of bounds',
      })
      o.close()
      t.deepEqual(seen(), before, `${short} ${at}`)
    }
  }
})

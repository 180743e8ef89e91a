/**
 * Functions of the embedder that call the component, or its host, while a call is under way: no
 * call sees or writes the data of another.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { OutputStream } from '#lib/fds/stream.js'
import { limitsOf } from '#lib/limits.js'
import { GuestMemory, Space } from '#lib/memory.js'
import { settingsOf } from '#lib/options/settings.js'
import {
  type ComponentHost,
  type ComponentHostOptions,
  componentHostOf,
  createComponentHost,
} from '#lib/preview2/host.js'
import { openNative } from '#lib/sys/native/sys.js'
import { UNEXPECTED } from '#lib/sys/sys.js'
import { Verdict } from '#lib/verdict.js'
import { type Door, type DoorName, doors, Failure, JavaScriptDoor, LoweredDoor } from './doors.js'
import { bytesOf, textOf } from './fixture.js'
import { thrownBy } from './thrown.js'

interface Nest {
  readonly host: ComponentHost
  readonly door: Door
  /** Memory of a component that calls by lowered functions. */
  readonly memory: () => Uint8Array
}
/** Calls of the component that bind its memory, the host's, and other places of both. */
function disturb({ door }: Nest): void {
  door.call('random.get-random-bytes', 32n)
  door.call('environment.get-environment')
  const [[directory]] = door.call('preopens.get-directories') as [[object]]
  // More than the host's own memory holds.
  const refused = thrownBy(() =>
    door.call('descriptor.create-directory-at', directory, 'x'.repeat(200_000)),
  )
  if (!(refused instanceof Failure)) throw refused
  door.drop(directory)
  // The last call binds the host's own memory.
  door.call('random.get-random-u64')
}
/** Opens a component whose embedder disturbs the first call of a hook. */
function nest(name: DoorName, options: (disturbing: () => void) => ComponentHostOptions): Nest {
  let left = 1
  const made: { nest?: Nest } = {}
  const host = createComponentHost({
    env: { NAME: 'value' },
    preopens: { '/': '.' },
    ...options(() => {
      if (left-- > 0) disturb(made.nest as Nest)
    }),
  })
  const lowered = name === 'hybrid' ? new LoweredDoor(host.imports) : undefined
  // Results are beyond the addresses of the host's own memory.
  lowered?.allocate(1, 4 * 65_536)
  const door = lowered ?? new JavaScriptDoor(host.imports)
  made.nest = {
    ...{ host, door },
    memory: () => new Uint8Array(lowered?.memory.buffer ?? new ArrayBuffer(0)),
  }
  return made.nest
}

for (const name of doors) {
  test(`input comes to the call that reads it (${name})`, t => {
    const n = nest(name, disturbing => ({
      stdin() {
        disturbing()
        return 'input'
      },
    }))
    n.memory().fill(0x3f, 0, 1024)
    const stdin = n.door.call('stdin.get-stdin')
    t.is(textOf(n.door.call('input-stream.blocking-read', stdin, 99n) as Uint8Array), 'input')
    t.true(
      n
        .memory()
        .subarray(0, 1024)
        .every(byte => byte === 0x3f),
    )
    n.host.close()
  })

  test(`output is that of its call (${name})`, t => {
    const chunks: string[] = []
    const n = nest(name, disturbing => ({
      stdout(chunk: Buffer) {
        chunks.push(chunk.toString())
        disturbing()
      },
    }))
    const stdout = n.door.call('stdout.get-stdout')
    const text = 'text'.repeat(2 ** 14)
    n.door.call('output-stream.write', stdout, bytesOf(text))
    n.door.call('output-stream.write', stdout, bytesOf('next'))
    t.true(chunks.join('') === `${text}next`)
    n.host.close()
  })

  test(`spliced input is that of its call (${name})`, t => {
    const chunks: string[] = []
    const n = nest(name, disturbing => ({
      stdin() {
        disturbing()
        return 'input'
      },
      stdout: (chunk: Buffer) => void chunks.push(chunk.toString()),
    }))
    const [stdin, stdout] = ['stdin.get-stdin', 'stdout.get-stdout'].map(get => n.door.call(get))
    t.is(n.door.call('output-stream.blocking-splice', stdout, stdin, 99n), 5n)
    t.deepEqual(chunks, ['input'])
    n.host.close()
  })

  test(`random bytes come to the call that wants them (${name})`, t => {
    const n = nest(name, disturbing => ({
      random(bytes: Uint8Array) {
        disturbing()
        bytes.fill(0x52)
      },
    }))
    n.memory().fill(0x3f, 0, 1024)
    t.is(n.door.call('random.get-random-u64'), 0x5252_5252_5252_5252n)
    t.deepEqual(n.door.call('random.get-random-bytes', 70_000n), new Uint8Array(70_000).fill(0x52))
    t.true(
      n
        .memory()
        .subarray(0, 1024)
        .every(byte => byte === 0x3f),
    )
    n.host.close()
  })
  test(`each of several parts of random bytes comes to its place (${name})`, t => {
    const n = nest(name, disturbing => ({
      random(bytes: Uint8Array) {
        bytes.fill(0x52)
        disturbing()
      },
    }))
    t.deepEqual(n.door.call('random.get-random-bytes', 70_000n), new Uint8Array(70_000).fill(0x52))
    n.host.close()
  })

  test(`a hook that hears of an error may run the component (${name})`, t => {
    const sys = openNative()
    const made: { door?: Door } = {}
    const settings = settingsOf({
      version: 'preview1',
      rights: 'access',
      preopens: { '/': '.' },
      onUnexpected() {
        made.door?.call('random.get-random-bytes', 70_000n)
        made.door?.call('random.get-random-u64')
      },
    })
    const host = componentHostOf(settings, new Verdict(), sys)
    const door =
      name === 'hybrid' ? new LoweredDoor(host.imports) : new JavaScriptDoor(host.imports)
    made.door = door
    const [[directory]] = door.call('preopens.get-directories') as [[object]]
    // A host that answers with what no errno stands for.
    Object.assign(sys, { filestat: () => UNEXPECTED })
    const failure = thrownBy(() => door.call('descriptor.stat', directory))
    t.deepEqual(failure, new Failure('io'))
    host.close()
  })

  const piped = process.platform === 'win32' ? test.skip : test
  piped(`a clock within a poll may ask if a stream of another component is ready (${name})`, t => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    // Pipes that stay empty, as they are open in both directions.
    const [stdin, stdout] = ['stdin', 'stdout'].map(each => {
      execFileSync('mkfifo', [join(folder, each)])
      return fs.openSync(join(folder, each), 'r+')
    })
    const other = createComponentHost({ stdin, stdout })
    const doorTo = ({ imports }: ComponentHost): Door =>
      name === 'hybrid' ? new LoweredDoor(imports) : new JavaScriptDoor(imports)
    const asked = doorTo(other)
    const output = asked.call('stdout.get-stdout')
    let times = 0
    const host = createComponentHost({
      stdin,
      stdout,
      clocks: {
        monotonic() {
          times++
          t.is(asked.call('output-stream.check-write', output), 65_536n)
          return 1n
        },
      },
    })
    const door = doorTo(host)
    const input = door.call('stdin.get-stdin')
    const pollables = [
      door.call('input-stream.subscribe', input),
      door.call('monotonic-clock.subscribe-instant', 1000n),
    ]
    t.deepEqual(door.call('poll.poll', pollables), Uint32Array.of(1))
    t.is(times, 1)
    for (const each of [host, other]) each.close()
    for (const fd of [stdin, stdout]) fs.closeSync(fd)
    fs.rmSync(folder, { recursive: true })
  })

  test(`a hook may close the host (${name})`, t => {
    const n = nest(name, () => ({
      stdin() {
        n.host.close()
        return 'input'
      },
    }))
    const stdin = n.door.call('stdin.get-stdin')
    t.is(textOf(n.door.call('input-stream.blocking-read', stdin, 99n) as Uint8Array), 'input')
    t.deepEqual(n.door.call('environment.get-arguments'), [])
  })
}

for (const name of doors)
  test(`a trace may run the component (${name})`, t => {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
    for (const each of ['file', 'other']) fs.writeFileSync(join(folder, each), each)
    fs.symlinkSync('file', join(folder, 'link'))
    let within = false
    const n = nest(name, () => ({
      preopens: { '/': folder },
      trace() {
        if (within || !asked) return
        within = true
        for (const each of calls('other')) each()
        disturb(n)
        within = false
      },
    }))
    let asked = false
    const [[dir]] = n.door.call('preopens.get-directories') as [[object]]
    const opened = ['file', 'other'].map(
      each => [each, n.door.call('descriptor.open-at', dir, {}, each, {}, { read: true })] as const,
    )
    const files = new Map(opened)
    const calls = (each: string) => [
      () => textOf((n.door.call('descriptor.read', files.get(each), 9n, 0n) as [Uint8Array])[0]),
      () => (n.door.call('descriptor.stat', files.get(each)) as { size: bigint }).size,
      () => n.door.call('descriptor.metadata-hash', files.get(each)),
      () => n.door.call('descriptor.readlink-at', dir, 'link'),
      () => n.door.call('environment.get-environment'),
    ]
    const expected = calls('file').map(call => call())
    asked = true
    t.deepEqual(
      calls('file').map(call => call()),
      expected,
    )
    t.is(expected[0], 'file')
    n.host.close()
    fs.rmSync(folder, { recursive: true })
  })

test('a host that failed to bind a memory binds it for the next call', t => {
  const bound: Uint8Array[] = []
  const sys = openNative()
  const memory = new GuestMemory(
    Object.assign(sys, {
      bind(bytes: Uint8Array) {
        // As where the stack overflows.
        if (bound.push(bytes) === 2) throw new RangeError('Maximum call stack size exceeded')
      },
    }),
    limitsOf(),
  )
  const [one, two] = [1, 2].map(size => new Space({ buffer: new ArrayBuffer(size) }))
  memory.enter(one)
  t.throws(() => memory.enter(two), { instanceOf: RangeError })
  memory.enter(one)
  t.deepEqual(
    bound.map(({ length }) => length),
    [1, 2, 1],
  )
  sys.dispose()
})

test('an output binds its memory again after a sink that bound another', t => {
  const sys = openNative()
  const memory = new GuestMemory(sys, limitsOf())
  const [one, two] = [1, 2].map(size => new Space({ buffer: new ArrayBuffer(size) }))
  const output = new OutputStream(memory, sys.block, 1, {
    isTTY: false,
    write: () => memory.enter(two),
  })
  memory.enter(one)
  sys.block.spans.set([0, 1])
  t.is(output.writev(1), 1)
  t.is(memory.size, 1)
  sys.dispose()
})

test('components of one host have memories of their own', t => {
  const host = createComponentHost({ preopens: { '/': '.' } })
  const both = [new LoweredDoor(host.imports), new LoweredDoor(host.imports)]
  const [one, two] = both
  for (const [i, door] of both.entries()) new Uint8Array(door.memory.buffer).fill(i + 1)
  const [[directory]] = one.call('preopens.get-directories') as [[object, string]]
  t.is(typeof one.call('descriptor.metadata-hash', directory), 'object')
  t.true(new Uint8Array(two.memory.buffer).every(byte => byte === 2))
  // A handle of one is none of the other.
  t.throws(() => two.call('descriptor.metadata-hash', directory), { message: 'unknown handle 1' })
  host.close()
})

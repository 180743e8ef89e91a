/**
 * Fuzzes the host of a component by its lowered functions, whose arguments are drawn from the WIT
 * table: whatever a component passes, the host throws only its end or an error of the specification,
 * keeps count of what is open, writes only where it was asked to, and changes nothing outside.
 */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { GuestExit, type UnexpectedError } from '#lib/errors.js'
import { settingsOf } from '#lib/options/settings.js'
import { openComponent } from '#lib/preview2/host.js'
import { Kind, type Type } from '#lib/preview2/wit/types.js'
import { Terminals } from '#lib/stdio/terminals.js'
import { openSys } from '#lib/sys/choose.js'
import { Verdict } from '#lib/verdict.js'
import type { Core } from '../test/preview2/canonical.js'
import { functionOf, functions, type Handle, LoweredDoor } from '../test/preview2/doors.js'
import { openDescriptors } from '../test/sys/fixture.js'
import { flags, Random, shrink } from './random.js'

const size = 3 * 65536
/** Arguments and results are drawn below; all from here on is the allocator's. */
const arena = 65536
const free = 1 << 30

type Lie = 'honest' | 'same' | 'grows' | 'beyond' | 'throws' | 'enters' | 'drops'
interface Step {
  readonly short: string
  readonly args: readonly Core[]
  /** Bytes put into memory before the call. */
  readonly draws: readonly (readonly [at: number, bytes: Uint8Array])[]
  readonly lie: Lie
  /** The handle that is dropped instead, by its place among those that are held. */
  readonly drop?: number
}

const boundaries = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -1, free, free | 1, 65536, 7]
const wides = [0n, 1n, 5n, 4096n, 65536n, 65537n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n]
const far = [2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 40n]
const texts = ['f', 'a', 'a/b', 'l', 'esc', 'esc/s', 'abs', '../out/s', '..', '.', '', '/', 'new']
const names = [...texts, 'a/../f', 'l/b', 'new/x', 'x\0y', 'n'.repeat(300), 'd/'.repeat(3000)]
const lies: readonly Lie[] = [
  ...Array.from({ length: 60 }, () => 'honest' as const),
  ...(['same', 'same', 'grows', 'grows', 'beyond', 'throws', 'enters', 'drops', 'drops'] as const),
]

const lowered = (() => {
  const { host } = open('/')
  const door = new LoweredDoor(host.imports)
  const all = [...functions.keys()].filter(short => door.core(short) !== undefined)
  host.close()
  // An exit ends a sequence, and a wait may last for ever.
  return all.filter(
    short => !['exit.exit', 'exit.exit-with-code', 'pollable.block'].includes(short),
  )
})()
/** Those that a component calls most, so that sequences get somewhere. */
const frequent = lowered.filter(short => /^(descriptor|input-stream|output-stream|dir)/.test(short))

function open(path: string, onUnexpected?: (error: UnexpectedError) => void) {
  const settings = settingsOf({
    ...{ version: 'preview1', rights: 'access' },
    ...{ stdin: new Uint8Array(300), stdout: 'ignore', stderr: 'ignore', args: ['a'] },
    env: { A: 'b' },
    preopens: { '/': path, '/ro': { path, readOnly: true } },
    limits: { descriptors: 40, randomBytes: 100_000 },
    ...(onUnexpected && { onUnexpected }),
  })
  return openComponent(settings, new Verdict(), openSys(settings.backend), new Terminals())
}

/** Draws the steps of a sequence. */
class Steps {
  readonly #r: Random
  constructor(r: Random) {
    this.#r = r
  }
  next(): Step {
    const r = this.#r
    const short = r.pick(r.onceIn(4) ? lowered : frequent)
    const { params, result } = functionOf(short).row
    const draws: [number, Uint8Array][] = []
    const args = params.flatMap(({ type }, i) => this.#argument(type, 256 * (i + 1), draws))
    const pointer =
      result !== undefined && result.flat.length > 1
        ? [r.onceIn(150) ? r.pick([size - 1, -1, 2 ** 31, 1, 4097, size - 4]) : 4096]
        : []
    return {
      ...{ short, args: [...args, ...pointer], draws, lie: r.pick(lies) },
      ...(r.onceIn(8) && { drop: r.below(64) }),
    }
  }
  #argument(type: Type, at: number, draws: [number, Uint8Array][]): Core[] {
    const r = this.#r
    switch (type.kind) {
      case Kind.Size:
      case Kind.Wide:
        return [BigInt.asIntN(64, r.pick(r.onceIn(6) ? far : wides))]
      case Kind.String:
      case Kind.Bytes: {
        if (r.onceIn(200)) return [r.pick(boundaries), r.pick(boundaries)]
        const text = Buffer.from(r.pick(r.onceIn(2) ? names : ['a', 'f', '.']))
        if (r.onceIn(20) && text.length > 0) text[r.below(text.length)] = 0xff
        // Long ones reach over those behind them.
        const place = text.length > 256 ? 8192 : at
        draws.push([place, text])
        return [place, text.length]
      }
      case Kind.List: {
        if (r.onceIn(30)) return [r.pick(boundaries), r.pick(boundaries)]
        const count = r.below(20)
        const handles = Uint32Array.from({ length: count }, () => r.below(9))
        draws.push([at, new Uint8Array(handles.buffer)])
        return [at, count]
      }
      case Kind.Borrow:
        return [r.onceIn(200) ? r.pick(boundaries) : -2 - r.below(64)]
      default: {
        if (r.onceIn(200)) return type.flat.map(core => (core === 'i64' ? -1n : r.pick(boundaries)))
        const count = type.labels.length || type.parts.length || 256
        const [, ...rest] = type.flat
        return [
          type.kind !== Kind.Flags ? r.below(count) : r.onceIn(2) ? 0 : r.below(2 ** count),
          ...rest.map(core => (core === 'i64' ? r.pick(wides) : r.below(2 ** 31))),
        ]
      }
    }
  }
}

/** Everything that no component may change, as text. */
function untouched(folder: string): string {
  const out = fs
    .readdirSync(`${folder}/out`)
    .map(name => [name, fs.readFileSync(`${folder}/out/${name}`, 'utf8')])
  return JSON.stringify([fs.readdirSync(folder), out])
}

let calls = 0
const mine = new Error('mine')

/** Returns the fault, if there is one. */
function fault(sequence: readonly Step[]): string | undefined {
  const before = openDescriptors()
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  for (const name of ['root/a/b', 'out']) fs.mkdirSync(`${folder}/${name}`, { recursive: true })
  for (const name of ['root/f', 'out/s']) fs.writeFileSync(`${folder}/${name}`, 'x'.repeat(5000))
  for (const [name, target] of Object.entries({ l: 'a', esc: '../out', abs: `${folder}/out` }))
    fs.symlinkSync(target, `${folder}/root/${name}`)
  const still = untouched(folder)
  const unexpected: UnexpectedError[] = []
  const start = () => {
    const { host } = open(`${folder}/root`, error => void unexpected.push(error))
    const door = new LoweredDoor(host.imports)
    door.memory.grow(size / 65536 - 1)
    door.call('preopens.get-directories')
    return { host, door, opened: openDescriptors() }
  }
  let { host, door, opened } = start()

  /** The handles of a kind that are in its table. */
  const held = (kind: string): number[] => {
    const table = door.table(kind)
    const all: number[] = []
    for (let handle = 1; 2 * handle < table.length; handle++)
      if ((table[2 * handle] & free) === 0) all.push(handle)
    return all
  }
  const drop = (kind: string, place: number): void => {
    const all = held(kind)
    const handle = all[place % all.length]
    if (handle !== undefined) door.drop({ kind, handle } satisfies Handle)
  }

  /** Drops all, and returns true if the host then has no more open than at its start. */
  const isDropped = (): boolean => {
    for (const kind of door.tables.keys()) for (const _ of held(kind)) drop(kind, 0)
    return openDescriptors() === opened
  }

  const call = ({ short, args, draws, lie, drop: dropped }: Step): string | undefined => {
    const { params, result } = functionOf(short).row
    if (dropped !== undefined) drop(params[0]?.type.name ?? 'pollable', dropped)
    const { memory } = door
    const { byteLength: length } = memory.buffer
    const canary = new Uint8Array(memory.buffer).fill(0x5a)
    for (const [at, bytes] of draws) canary.set(bytes, at)
    const self = params[0]?.type
    const handles = self?.kind === Kind.Borrow ? held(self.name) : []
    // Without one each call would be the same trap.
    if (self?.kind === Kind.Borrow && handles.length === 0 && Number(args[0]) < -1) return undefined
    const given = args.map(value =>
      typeof value === 'number' && value < -1 && value > -100
        ? (handles[-value % handles.length] ?? 1)
        : value,
    )
    let next = arena
    const rooms: [at: number, size: number][] = []
    const allowed = (at: number, bytes: number): void => void rooms.push([at >>> 0, bytes])
    door.realloc = (_old, _oldSize, align, bytes) => {
      if (lie === 'throws') throw mine
      if (lie === 'beyond') return memory.buffer.byteLength - bytes + align
      if (lie === 'enters') {
        try {
          door.core('random.get-random-u64')?.()
        } catch {
          // It goes on.
        }
      }
      if (lie === 'drops' && self?.kind === Kind.Borrow) drop(self.name, 0)
      if (lie === 'grows') memory.grow(1)
      if (lie !== 'same') next = Math.ceil(next / align) * align
      const at = next
      if (lie !== 'same') next += bytes
      allowed(at, bytes)
      return at
    }
    const pointer =
      result !== undefined && result.flat.length > 1 ? Number(given.at(-1)) : undefined
    if (pointer !== undefined) allowed(pointer, result?.size ?? 0)
    const began = performance.now()
    calls++
    // A poll waits for a clock of the far future.
    if (short === 'poll.poll' && !ready(given)) return undefined
    let end: unknown
    try {
      door.core(short)?.(...given)
    } catch (error) {
      end = error
      const known =
        error instanceof WebAssembly.RuntimeError || error instanceof GuestExit || error === mine
      if (!known) return `throws ${inspect(error)}`
      try {
        door.core('monotonic-clock.now')?.()
        return 'goes on after the end of the component'
      } catch (again) {
        if (again !== error) return `throws ${inspect(again)} after ${inspect(error)}`
      }
    }
    const took = performance.now() - began
    if (took > 20_000) return `takes ${Math.round(took)} ms`
    const now = new Uint8Array(memory.buffer)
    const expected = new Uint8Array(length).fill(0x5a)
    for (const [at, bytes] of draws) expected.set(bytes, at)
    for (const [at, bytes] of rooms)
      if (at < length) expected.set(now.subarray(at, Math.min(at + bytes, length)), at)
    if (Buffer.compare(now.subarray(0, length), expected) !== 0)
      return `writes at ${expected.findIndex((byte, i) => byte !== now[i])}`
    if (end !== undefined || memory.buffer.byteLength > 40 * 65536) {
      if (!isDropped()) return 'a resource that was dropped keeps its descriptor'
      host.close()
      ;({ host, door, opened } = start())
    }
    return unexpected.pop()?.message
  }
  /** True if a poll of these pollables returns at once. */
  const ready = ([at, count]: readonly Core[]): boolean => {
    const start = Number(at) >>> 0
    const bytes = new DataView(door.memory.buffer)
    for (let i = 0; i < Number(count) && start + 4 * i + 4 <= bytes.byteLength; i++) {
      const handle = bytes.getUint32(start + 4 * i, true)
      if (!held('pollable').includes(handle)) return true
      if (door.core('pollable.ready')?.(handle) === 1) return true
    }
    return Number(count) === 0 || Number(count) < 0 || Number(count) > 1024
  }
  try {
    for (const step of sequence) {
      const wrong = call(step)
      if (wrong !== undefined) return `${step.short}: ${wrong}`
      if (openDescriptors() > before + 50) return `${step.short}: too many descriptors are open`
    }
    if (!isDropped()) return 'close: a resource that was dropped keeps its descriptor'
    host.close()
    if (untouched(folder) !== still) return 'close: something of the host was changed'
    if (openDescriptors() !== before) return 'close: a descriptor was not given back'
  } finally {
    host.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return undefined
}

const { seconds, seed: first } = flags()
const end = performance.now() + seconds * 1000
let seed = first
console.log(`lowered: seed ${first}`)
for (; performance.now() < end; seed++) {
  const steps = new Steps(new Random(seed))
  const sequence = Array.from({ length: 300 }, () => steps.next())
  const found = fault(sequence)
  if (found === undefined) continue
  const kind = found.slice(0, 60)
  const few = shrink(sequence, steps => fault(steps)?.slice(0, 60) === kind)
  console.error(`not ok, seed ${seed}: ${found}`)
  for (const { short, args, lie } of few)
    console.error(`  ${short}(${args.map(arg => inspect(arg)).join(', ')}), realloc ${lie}`)
  process.exitCode = 1
  break
}
console.log(`lowered: ${seed - first} sequences, ${calls} calls`)

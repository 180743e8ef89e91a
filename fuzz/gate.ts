/**
 * Fuzzes the gate: whatever a guest passes, the host throws nothing, answers with an errno, loses
 * nothing and changes nothing outside.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { errnoNames } from '#lib/abi/errno.js'
import { table } from '#lib/abi/table.js'
import { table0 } from '#lib/abi/unstable.js'
import { GuestExit, type UnexpectedError } from '#lib/errors.js'
import { createGuest, type Guest } from '#lib/guest/guest.js'
import { NotStarted } from '#lib/memory.js'
import { openDescriptors } from '../test/sys/fixture.js'
import { command } from '../test/wasm.js'
import { flags, Random, shrink } from './random.js'
import { quiet, type Rows, type Step, Steps, size } from './steps.js'

/** Thrown by a hook of the embedder. */
const mine = new Error('mine')
const inherited = Object.getOwnPropertyNames(Object.prototype)
const modules = ['wasi_snapshot_preview1', 'wasi_unstable', 'env', 'wasi', ...inherited]
const names = [...Object.keys(table), ...inherited, 'prototype', 'freeze', 'callback']

type Memory = { buffer: ArrayBufferLike; grow?(pages: number): number }
const pages = size / 65536
/** One for all guests, so that a thread can scribble into it all the time. */
const shared = new WebAssembly.Memory({ initial: pages, maximum: 64, shared: true })
const scribbler = new Worker(
  `const { parentPort, workerData: { buffer, from, to } } = require('node:worker_threads')
   const bytes = new Uint8Array(buffer)
   parentPort.postMessage('ready')
   for (let n = 1; ; n = (Math.imul(n, 1664525) + 1013904223) >>> 0)
     bytes[from + ((n >>> 8) % (to - from))] = n >>> 5`,
  { eval: true, workerData: { buffer: shared.buffer, from: quiet, to: size } },
)

// Until then it opens descriptors of its own.
await once(scribbler, 'message')

/** The options of a guest for a seed. */
function settings(seed: number, backend: 'native' | 'typescript') {
  const r = new Random(seed)
  const version = r.pick(['preview1', 'preview1', 'unstable'] as const)
  const kind = r.pick(['plain', 'shared', 'lent'] as const)
  const traces = r.onceIn(3)
  const rows: Rows = version === 'unstable' ? table0 : table
  const steps = new Steps(r, rows, version === 'unstable')
  const late = r.onceIn(10) ? r.below(20) : 0
  const sequence: Step[] = Array.from({ length: 300 }, () => steps.next())
  sequence.splice(late, 0, { does: 'bind' })
  const fixed = r.onceIn(4)
  return { backend, version, kind, traces, fixed, sequence } as const
}
type Settings = ReturnType<typeof settings>

function memoryOf(kind: Settings['kind']): Memory {
  if (kind === 'shared') return shared
  return kind === 'plain'
    ? new WebAssembly.Memory({ initial: pages, maximum: 64 })
    : { buffer: new ArrayBuffer(size) }
}
function grow(memory: Memory): void {
  try {
    memory.grow?.(1)
  } catch {
    // It is as large as it may be.
  }
}

function identity(fd: number): string {
  try {
    const { dev, ino } = fs.fstatSync(fd)
    return `${dev} ${ino}`
  } catch {
    return 'closed'
  }
}
/** Everything that no guest may change, as text. */
function untouched(folder: string, fds: readonly number[]): string {
  const outside = fs
    .readdirSync(`${folder}/out`)
    .map(name => [name, fs.readFileSync(`${folder}/out/${name}`, 'utf8')])
  return JSON.stringify([fs.readdirSync(folder), outside, fds.map(identity)])
}

let calls = 0

/** Returns the fault, if there is one. */
function fault(
  { backend, version, kind, traces, fixed }: Settings,
  sequence: readonly Step[],
): string | undefined {
  const before = openDescriptors()
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  for (const name of ['root/a/b', 'out']) fs.mkdirSync(`${folder}/${name}`, { recursive: true })
  for (const name of ['root/f', 'out/s']) fs.writeFileSync(`${folder}/${name}`, 'x'.repeat(5000))
  for (const [name, target] of Object.entries({ l: 'a', esc: '../out', abs: `${folder}/out` }))
    fs.symlinkSync(target, `${folder}/root/${name}`)
  execFileSync('mkfifo', [`${folder}/root/p`])
  const none = fs.openSync('/dev/null', 'r+')
  const memory = memoryOf(kind)
  const unexpected: UnexpectedError[] = []
  const chance = new Random(sequence.length)
  const path = `${folder}/root`
  const hook = (): void => {
    if (chance.onceIn(50)) grow(memory)
    if (chance.onceIn(100)) throw mine
  }
  const open = (): Guest => {
    const guest = createGuest({
      ...{
        version,
        backend,
        stdin: none,
        stdout: none,
        stderr: none,
        args: ['a', 'b'],
        env: { A: 'b' },
      },
      preopens: { '/': path, '/ro': { path, readOnly: true } },
      ...(traces && { trace: hook, limits: { hostcalls: 1 + chance.below(200) } }),
      ...{ deterministic: fixed, metrics: fixed, traceFormat: fixed ? 'json' : 'text' },
      onUnexpected: error => void unexpected.push(error),
    })
    if (bound) guest.bind(memory)
    return guest
  }
  let bound = false
  let guest = open()
  /**
   * The end of the guest, which its code has caught, and the number of calls that it goes on to
   * make.
   */
  let ended: { readonly by: unknown; left: number } | undefined
  const still = untouched(folder, [0, 1, 2, none])

  const call = ({ name, args, draws }: Step & { does: 'call' }): string | undefined => {
    for (const { at, bytes } of draws)
      if (at >= 0 && at + bytes.length <= memory.buffer.byteLength)
        new Uint8Array(memory.buffer).set(bytes, at)
    calls++
    const start = performance.now()
    try {
      const errno = guest.imports[name]?.(...args)
      if (ended !== undefined) return `answers ${inspect(errno)} after the end`
      if (!bound) return 'answers before there is a memory'
      if (typeof errno !== 'number' || errnoNames[errno] === undefined)
        return `answers ${inspect(errno)}`
    } catch (error) {
      if (ended !== undefined && error !== ended.by)
        return `throws ${inspect(error)} after the end by ${inspect(ended.by)}`
      const ends =
        error instanceof GuestExit ||
        error === mine ||
        (error as NodeJS.ErrnoException).code === 'ERR_WASI_HOSTCALL_LIMIT'
      if (ends) ended ??= { by: error, left: chance.below(4) }
      else if (bound || !(error instanceof NotStarted)) return `throws ${inspect(error)}`
    }
    if (ended !== undefined && ended.left-- === 0) {
      guest.close()
      guest = open()
      ended = undefined
    }
    const took = performance.now() - start
    if (took > 20_000) return `takes ${Math.round(took)} ms`
    return unexpected.pop()?.message
  }
  const take = (step: Step): string | undefined => {
    if (step.does === 'call') return call(step)
    if (step.does === 'bind') {
      guest.bind(memory)
      bound = true
    } else if (step.does === 'grow') grow(memory)
    else if (kind === 'lent') {
      // As another embedder's memory does that grows: the old buffer is detached, and a new one is
      // there.
      structuredClone(memory.buffer, { transfer: [memory.buffer as ArrayBuffer] })
      memory.buffer = new ArrayBuffer(size)
    }
    return undefined
  }
  /** A module that imports what it likes: it gets hostcalls, and nothing else. */
  const link = (): string | undefined => {
    const [module, name] = [chance.pick(modules), chance.pick(names)]
    const kind = chance.pick(['function', 'externref', 'memory'] as const)
    const offered =
      module === guest.namespace && kind === 'function' && Object.hasOwn(guest.imports, name)
    try {
      guest.instantiate(command([], { imports: { [`${module}.${name}`]: kind } }))
      if (!offered) return `instantiate: ${module}.${name} (${kind}) is given`
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // A hostcall has parameters, of which the import knows nothing.
      if (offered ? !(error instanceof WebAssembly.LinkError) : code !== 'ERR_WASI_UNKNOWN_IMPORT')
        return `instantiate: ${inspect(error)}`
    }
    return undefined
  }
  try {
    for (let n = 0; n < 3; n++) {
      const wrong = link()
      if (wrong !== undefined) return wrong
    }
    for (const step of sequence) {
      const wrong = take(step)
      if (wrong !== undefined) return `${step.does === 'call' ? step.name : step.does}: ${wrong}`
    }
    if (openDescriptors() > before + 1100)
      return 'close: more descriptors are open than a guest may have'
    guest.close()
    if (untouched(folder, [0, 1, 2, none]) !== still)
      return 'close: something of the host was changed'
    fs.closeSync(none)
    if (openDescriptors() !== before) return 'close: a descriptor was not given back'
  } finally {
    guest.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return undefined
}

function show(step: Step): string {
  if (step.does !== 'call') return step.does
  const bytes = (drawn: Uint8Array) =>
    drawn.length > 60
      ? `${drawn.length} bytes`
      : JSON.stringify(Buffer.from(drawn).toString('latin1'))
  const draws = step.draws.map(({ at, bytes: drawn }) => ` with ${bytes(drawn)} at ${at}`)
  const args = step.args.map(value => inspect(value, { compact: true }))
  return `${step.name}(${args.join(', ')})${draws.join('')}`
}

const { seconds, seed: first } = flags()
const end = performance.now() + seconds * 1000
let seed = first
console.log(`gate: seed ${first}`)
run: for (; performance.now() < end; seed++) {
  for (const backend of ['native', 'typescript'] as const) {
    const world = settings(seed, backend)
    const found = fault(world, world.sequence)
    if (found === undefined) continue
    const kind = found.slice(0, 60)
    const again = (steps: readonly Step[]) => fault(world, steps)?.slice(0, 60) === kind
    const few = again(world.sequence) ? shrink(world.sequence, again) : []
    const how = [backend, world.version, `memory ${world.kind}`]
    if (world.traces) how.push('traced')
    if (world.fixed) how.push('deterministic')
    console.error(`not ok, seed ${seed}, ${how.join(', ')}: ${found}`)
    if (few.length === 0) console.error('  but not when the same steps are made again')
    for (const step of few) console.error(`  ${show(step)}`)
    process.exitCode = 1
    break run
  }
}
console.log(`gate: ${seed - first} sequences, ${calls} calls`)
await scribbler.terminate()

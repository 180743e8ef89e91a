/**
 * The block that the guests of a thread share: code of the embedder, wherever a hostcall calls it,
 * may run another guest, whose hostcalls fill the block.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import vm from 'node:vm'
import test from 'ava'
import { Rights } from '#lib/abi/rights.js'
import type { HostcallName } from '#lib/abi/table.js'
import { createGuest, type Guest } from '#lib/guest/guest.js'
import type { GuestOptions } from '#lib/options/options.js'
import { createComponentHost } from '#lib/preview2/host.js'
import { openGuestSys, openSys } from '#lib/sys/choose.js'

type Backend = 'native' | 'typescript'
const page = 65536
const all = BigInt(Rights.ALL)
const [REALTIME, MONOTONIC] = [0, 1]
const [CLOCK, FD_READ] = [0, 1]

/** Calls by name; each returns its errno. */
type Calls = Readonly<Record<HostcallName, (...args: (number | bigint)[]) => number>>
const callsOf = (guest: Guest): Calls => guest.imports as unknown as Calls

/** A guest's memory, whose buffer grows as an embedder likes. */
class Memory {
  buffer = new ArrayBuffer(page)
  get view(): DataView {
    return new DataView(this.buffer)
  }
  get bytes(): Uint8Array {
    return new Uint8Array(this.buffer)
  }
  text(at: number, text: string): number {
    this.bytes.set(Buffer.from(text), at)
    return text.length
  }
  iovecs(at: number, ...list: (readonly [start: number, length: number])[]): number {
    list.forEach(([start, length], i) => {
      this.view.setUint32(at + 8 * i, start, true)
      this.view.setUint32(at + 8 * i + 4, length, true)
    })
    return list.length
  }
  clock(at: number, timeout: bigint, id = MONOTONIC, flags = 0): void {
    this.bytes.fill(0, at, at + 48)
    this.view.setUint8(at + 8, CLOCK)
    this.view.setUint32(at + 16, id, true)
    this.view.setBigUint64(at + 24, timeout, true)
    this.view.setUint16(at + 40, flags, true)
  }
  reader(at: number, fd: number): void {
    this.bytes.fill(0, at, at + 48)
    this.view.setUint8(at + 8, FD_READ)
    this.view.setUint32(at + 16, fd, true)
  }
}

const scratch = (): string => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  fs.writeFileSync(join(folder, 'file'), 'the content of a file')
  fs.writeFileSync(join(folder, 'other'), 'another')
  return folder
}

/** Opens files until one has a handle that no other guest has. Returns its descriptor. */
function openOften(calls: Calls, memory: Memory): number {
  for (let i = 0; i < 20; i++) {
    const errno = calls.path_open(3, 0, 0, memory.text(0, 'other'), 0, all, all, 0, 128)
    if (errno !== 0) throw new Error(`path_open: ${errno}`)
  }
  return memory.view.getUint32(128, true)
}

/** Makes hostcalls of a guest of its own, and fills the block. */
function disturber(backend: Backend, folder: string): { disturb(): void; close(): void } {
  const guest = createGuest({ version: 'preview1', backend, preopens: { '/': folder } })
  const calls = callsOf(guest)
  const memory = new Memory()
  guest.bind(memory)
  const fresh = openOften(calls, memory)
  const { block } = openGuestSys(backend)
  const disturb = (): void => {
    calls.path_filestat_get(3, 0, 0, memory.text(0, 'other'), 64)
    calls.clock_time_get(REALTIME, 0n, 64)
    calls.args_sizes_get(64, 68)
    const length = memory.text(0, 'other')
    calls.path_filestat_set_times(3, 0, 0, length, 7n, 8n, 0)
    calls.path_open(3, 0, 0, length, 0, all, all, 0, 128)
    const fd = memory.view.getUint32(128, true)
    calls.fd_read(fd, 256, memory.iovecs(256, [1, 1], [2, 1], [3, 1]), 64)
    calls.fd_readdir(3, 4096, 1024, 0n, 64)
    calls.fd_close(fd)
    memory.clock(256, 0n)
    memory.reader(304, fresh)
    calls.poll_oneoff(256, 1024, 2, 64)
    createGuest({ version: 'preview1', backend }).close()
    // The call that this interrupts may use more of it than any of these.
    new Uint8Array(block.buffer).fill(0xa5)
  }
  return { disturb, close: () => guest.close() }
}

/** The steps of a test, with a guest whose embedder calls `interrupt` wherever it is asked. */
type Scene = (backend: Backend, folder: string, interrupt: () => void) => unknown

/** Registers a test: a scene must not depend on the embedder's use of other guests. */
function undisturbed(title: string, scene: Scene): void {
  for (const backend of ['native', 'typescript'] as const)
    test(`${title} (${backend})`, t => {
      const folder = scratch()
      const { disturb, close } = disturber(backend, folder)
      let times = 0
      const alone = scene(backend, folder, () => times++)
      t.true(times > 0, 'code of the embedder has run')
      t.deepEqual(scene(backend, folder, disturb), alone)
      close()
      fs.rmSync(folder, { recursive: true })
    })
}

function guestWith(
  backend: Backend,
  memory: { readonly buffer: ArrayBuffer },
  options: Omit<GuestOptions, 'version'>,
): { guest: Guest; calls: Calls } {
  const guest = createGuest({ version: 'preview1', backend, ...options })
  guest.bind(memory)
  return { guest, calls: callsOf(guest) }
}

undisturbed('a source may run another guest', (backend, _folder, interrupt) => {
  const memory = new Memory()
  const { guest, calls } = guestWith(backend, memory, {
    stdin() {
      interrupt()
      return 'input'
    },
  })
  const errno = calls.fd_read(0, 0, memory.iovecs(0, [100, 2], [200, 9]), 64)
  guest.close()
  return [errno, memory.bytes]
})

undisturbed('a sink may run another guest', (backend, _folder, interrupt) => {
  const memory = new Memory()
  const written: string[] = []
  const { guest, calls } = guestWith(backend, memory, {
    stdout(chunk) {
      interrupt()
      written.push(chunk.toString())
    },
  })
  memory.text(100, 'output')
  const errno = calls.fd_write(1, 0, memory.iovecs(0, [100, 2], [102, 4]), 64)
  guest.close()
  return [errno, written, memory.bytes]
})

undisturbed('clocks and sleep may run another guest', (backend, folder, interrupt) => {
  const memory = new Memory()
  const { guest, calls } = guestWith(backend, memory, {
    preopens: { '/': folder },
    clocks: {
      realtime() {
        interrupt()
        return 5n
      },
    },
    sleep: () => interrupt(),
  })
  const errnos = [calls.clock_time_get(REALTIME, 0n, 64)]
  // A regular file, which the host is asked about, then a clock of the embedder, then a closed one.
  calls.path_open(3, 0, 0, memory.text(0, 'file'), 0, all, all, 1, 72)
  memory.reader(256, memory.view.getUint32(72, true))
  memory.clock(304, 9n, REALTIME, 1)
  memory.reader(352, 77)
  errnos.push(calls.poll_oneoff(256, 1024, 3, 64))
  memory.clock(256, 1n)
  errnos.push(calls.poll_oneoff(256, 2048, 1, 68))
  guest.close()
  return [errnos, memory.bytes]
})

undisturbed('a clock may poll another guest within a poll', (backend, folder, interrupt) => {
  const memory = new Memory()
  let slept = 0
  const { guest, calls } = guestWith(backend, memory, {
    preopens: { '/': folder },
    clocks: {
      monotonic() {
        interrupt()
        return 1n
      },
    },
    sleep: () => void slept++,
  })
  calls.path_open(3, 0, 0, memory.text(0, 'file'), 0, all, all, 1, 72)
  const fd = memory.view.getUint32(72, true)
  memory.reader(256, fd)
  memory.reader(304, 3)
  memory.clock(352, 5n, MONOTONIC, 1)
  const errno = calls.poll_oneoff(256, 1024, 3, 64)
  guest.close()
  return [errno, slept, memory.bytes]
})

/** Opens a FIFO without a writer, which is never ready, and polls it beside a clock. */
function pollFifo(
  calls: Calls,
  memory: Memory,
  folder: string,
  timeout: bigint,
): { errno: number; events: number } {
  const fifo = join(folder, 'fifo')
  if (!fs.existsSync(fifo)) execFileSync('mkfifo', [fifo])
  calls.path_open(3, 0, 0, memory.text(0, 'fifo'), 0, all, 0n, 0, 72)
  memory.reader(256, memory.view.getUint32(72, true))
  memory.clock(304, timeout)
  const errno = calls.poll_oneoff(256, 1024, 2, 64)
  return { errno, events: memory.view.getUint32(64, true) }
}
const withFifos = process.platform === 'win32' ? test.skip : test

withFifos('a sleep within a poll of descriptors may run another guest', t => {
  const folder = scratch()
  const { disturb, close } = disturber('native', folder)
  const outcomes = [() => {}, disturb].map(sleep => {
    const memory = new Memory()
    const { guest, calls } = guestWith('native', memory, { preopens: { '/': folder }, sleep })
    const answer = pollFifo(calls, memory, folder, 1n)
    guest.close()
    return [answer, memory.bytes]
  })
  t.deepEqual(outcomes[1], outcomes[0])
  t.deepEqual(outcomes[0]?.[0], { errno: 0, events: 1 })
  close()
  fs.rmSync(folder, { recursive: true })
})

withFifos('a poll that a timeout of node:vm terminates leaves the list of an outer one', t => {
  const folder = scratch()
  const [inner, outer] = [new Memory(), new Memory()]
  const other = guestWith('native', inner, { preopens: { '/': folder } })
  const context = vm.createContext({
    poll: () => pollFifo(other.calls, inner, folder, 2n ** 40n),
  })
  const { guest, calls } = guestWith('native', outer, {
    preopens: { '/': folder },
    sleep() {
      openOften(other.calls, inner)
      t.throws(() => vm.runInContext('poll()', context, { timeout: 20 }), {
        code: 'ERR_SCRIPT_EXECUTION_TIMEOUT',
      })
    },
  })
  t.deepEqual(pollFifo(calls, outer, folder, 1n), { errno: 0, events: 1 })
  t.is(outer.view.getUint16(1032, true), 0)
  t.is(outer.view.getUint8(1034), CLOCK)
  guest.close()
  other.guest.close()
  fs.rmSync(folder, { recursive: true })
})

undisturbed('randomness may run another guest', (backend, _folder, interrupt) => {
  const memory = new Memory()
  const { guest, calls } = guestWith(backend, memory, {
    random(bytes) {
      interrupt()
      bytes.fill(3)
    },
  })
  const errno = calls.random_get(100, 20)
  guest.close()
  return [errno, memory.bytes]
})

undisturbed('a trace may run another guest', (backend, folder, interrupt) => {
  const memory = new Memory()
  const lines: string[] = []
  const { guest, calls } = guestWith(backend, memory, {
    preopens: { '/': folder },
    trace(line) {
      interrupt()
      lines.push(line)
    },
  })
  const errno = calls.path_filestat_get(3, 0, 0, memory.text(0, 'file'), 64)
  guest.close()
  // The times of its last access and of its last change are the file's own.
  return [
    errno,
    lines.map(line => line.split(' = ')[1].split(',')[0]),
    memory.view.getBigUint64(96, true),
  ]
})

/**
 * A memory that is no WebAssembly.Memory, and calls the embedder where its buffer is read. `grow`
 * detaches the buffer.
 */
class OwnMemory extends Memory {
  readonly #interrupt: () => void
  #own = this.buffer
  constructor(interrupt: () => void) {
    super()
    this.#interrupt = interrupt
    Object.defineProperty(this, 'buffer', {
      get: () => {
        this.#interrupt()
        return this.#own
      },
    })
  }
  /** The bytes, without calling the embedder. */
  override get bytes(): Uint8Array {
    return new Uint8Array(this.#own)
  }
  override get view(): DataView {
    return new DataView(this.#own)
  }
  grow(): void {
    this.#own = structuredClone(this.#own, { transfer: [this.#own] })
  }
  /** Has another buffer, while the old one stays. */
  replace(pages: number): void {
    const old = new Uint8Array(this.#own)
    this.#own = new ArrayBuffer(pages * page)
    this.bytes.set(old)
  }
}

undisturbed('a memory may run another guest when it has grown', (backend, _folder, interrupt) => {
  const memory = new OwnMemory(interrupt)
  const { guest, calls } = guestWith(backend, memory, {
    clocks: {
      realtime() {
        memory.grow()
        return 0x123456789n
      },
    },
  })
  const errno = calls.clock_time_get(REALTIME, 0n, 64)
  guest.close()
  return [errno, memory.bytes]
})

undisturbed(
  'a memory of a component may run another guest when it has grown',
  (backend, _folder, interrupt) => {
    const memory = new OwnMemory(interrupt)
    const host = createComponentHost({
      backend,
      clocks: {
        realtime() {
          memory.grow()
          return 0x123456789n
        },
      },
    })
    const { now } = host.imports['wasi:clocks/wall-clock'] as unknown as Readonly<
      Record<string, Record<symbol, (options: object) => (at: number) => void>>
    >
    now?.[Symbol.for('cabiLower')]?.({ memory })(64)
    host.close()
    return memory.bytes
  },
)

undisturbed(
  'a memory may run another guest while iovecs are read',
  (backend, folder, interrupt) => {
    const memory = new OwnMemory(interrupt)
    const { guest, calls } = guestWith(backend, memory, { preopens: { '/': folder } })
    calls.path_open(3, 0, 0, memory.text(0, 'file'), 0, all, all, 0, 72)
    const fd = memory.view.getUint32(72, true)
    const count = memory.iovecs(0, [100, 3], [page + 100, 5])
    memory.replace(2)
    const errno = calls.fd_read(fd, 0, count, 64)
    guest.close()
    return [errno, memory.bytes]
  },
)

test('guests of a thread share a block, and hosts that overlays read by have their own', t => {
  for (const backend of ['native', 'typescript'] as const) {
    const guests = [openGuestSys(backend), openGuestSys(backend)]
    const others = [openSys(backend), openSys(backend)]
    t.is(guests[0].block, guests[1].block)
    t.is(new Set([...guests, ...others].map(({ block }) => block)).size, 3)
    for (const sys of [...guests, ...others]) sys.dispose()
  }
})

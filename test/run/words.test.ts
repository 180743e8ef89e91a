/** The words of standard streams, at every door: `inherit`, `ignore`, `capture`, and the defaults. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { OutputStream } from '#lib/fds/stream.js'
import type { GuestMemory } from '#lib/memory.js'
import { discardSink, type Sink } from '#lib/stdio/streams.js'
import { Block } from '#lib/sys/block.js'
import { missing } from '../os-sandbox/fixture.js'
import { guest } from '../programs/cli.js'
import { call, command, drop, load, store, write } from '../wasm.js'
import { guestDoors, runDoors } from './door.js'

const program = fileURLToPath(new URL('door.js', import.meta.url))
const hello = guest('hello')

/** A door that a kernel without an OS sandbox does not have is skipped, with the reason. */
function atDoor(door: string, title: string, body: (t: ExecutionContext) => unknown): void {
  if (door.includes('process') && missing !== undefined)
    test.skip(`${door}: ${title} [${missing}]`, async t => void (await body(t)))
  else test(`${door}: ${title}`, async t => void (await body(t)))
}

interface Host {
  readonly stdout: string
  readonly stderr: string
  /** The exit code of the guest, and what was captured. */
  readonly outcome: readonly [number, (string | null)?, (string | null)?]
  /** The rest of the host's standard input. */
  readonly rest: string
}

/** Runs the guest that copies its standard input, in a host of its own process. */
function hosted(door: string, options: object, input = 'of the host'): Host {
  const { status, stdout, stderr, output } = spawnSync(
    process.execPath,
    ['--no-warnings', program, door, hello, JSON.stringify(options)],
    { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe', 'pipe'] },
  )
  if (status !== 0) throw new Error(stderr)
  const [outcome, ...rest] = String(output[3]).split('\n')
  return { stdout, stderr, outcome: JSON.parse(outcome), rest: rest.join('\n') }
}

const inherit = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' }
const ignore = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }

for (const door of Object.keys(runDoors)) {
  atDoor(door, 'a guest without stdin and input reads nothing of the host', t => {
    t.deepEqual(hosted(door, {}), {
      stdout: '',
      stderr: '',
      outcome: [0, '', 'stdin 0 bytes\n'],
      rest: 'of the host',
    })
  })
  atDoor(door, "'capture' returns the output, and 'ignore' none of it", t => {
    const { outcome, stdout, stderr } = hosted(door, {
      input: 'text',
      stdout: 'ignore',
      stderr: 'capture',
    })
    t.deepEqual([outcome, stdout, stderr], [[0, '', 'stdin 4 bytes\n'], '', ''])
  })
}
for (const door of Object.keys(guestDoors))
  atDoor(door, 'a guest without options inherits the standard streams', t => {
    t.deepEqual(hosted(door, {}), {
      stdout: 'of the host',
      stderr: 'stdin 11 bytes\n',
      outcome: [0, null, null],
      rest: '',
    })
  })

for (const [door, open] of Object.entries({ ...runDoors, ...guestDoors })) {
  atDoor(door, "'inherit' is the streams of the host", t => {
    const { outcome, ...host } = hosted(door, inherit)
    t.deepEqual(host, { stdout: 'of the host', stderr: 'stdin 11 bytes\n', rest: '' })
    t.is(outcome[0], 0)
    t.falsy(outcome[1])
  })
  atDoor(door, "'ignore' reads nothing, and writes nowhere", t => {
    const { outcome, ...host } = hosted(door, ignore)
    t.deepEqual(host, { stdout: '', stderr: '', rest: 'of the host' })
    t.is(outcome[0], 0)
    t.falsy(outcome[1])
  })
  atDoor(door, 'input is read to its end, also text that is a word', async t => {
    const taken: Buffer[] = []
    const { exitCode } = await open(fs.readFileSync(hello), {
      input: 'inherit',
      stdout: chunk => void taken.push(chunk),
      stderr: 'ignore',
    })
    t.is(exitCode, 0)
    t.is(String(Buffer.concat(taken)), 'inherit')
  })
  atDoor(door, 'an ignored stream is no terminal, takes all bytes and is at its end', async t => {
    const chunks: Buffer[] = []
    // The file types of both, 2 is a terminal; an output whole, one of no bytes, one beyond memory.
    const program = command([
      drop(call('fd_fdstat_get', 0, 0x40)),
      drop(call('fd_fdstat_get', 1, 0x60)),
      store(0x80, load(0x40)),
      store(0x81, load(0x60)),
      ...write(2, 0x80, 2),
      store(0x10, 0x0),
      store(0x14, 0x1_0000),
      store(0x90, call('fd_write', 1, 0x10, 1, 0xa0)),
      store(0x94, load(0xa0)),
      store(0x14, 0x1_0001),
      store(0x98, call('fd_write', 1, 0x10, 1, 0xa0)),
      store(0x10, 0x200),
      store(0x14, 0x10),
      store(0x9c, call('fd_read', 0, 0x10, 1, 0xa0)),
      ...write(2, 0x90, 20),
    ])
    await open(program, {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: chunk => void chunks.push(chunk),
    })
    const written = Uint8Array.from(Buffer.concat(chunks))
    t.deepEqual([...written.subarray(0, 2)], [6, 6])
    const words = new Uint32Array(written.buffer.slice(2))
    t.deepEqual([...words], [0, 0x1_0000, 21, 0, 0], 'SUCCESS, all bytes, FAULT, SUCCESS, none')
  })
}

test('an ignored output in this thread copies no bytes', t => {
  const copies = { copy: () => t.fail('a copy') } as unknown as GuestMemory
  const block = new Block()
  block.spans.set([0, 5, 100, 2 ** 20])
  const wrote = (sink: Sink): number => new OutputStream(copies, block, 1, sink).writev(2)
  t.is(wrote(discardSink), 2 ** 20 + 5)
})

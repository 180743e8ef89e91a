/** Colours of a guest through every door, to a stream that is a terminal, and their reset. */
import test from 'ava'
import { createGuest, Pool, type RunOptions, run, WASI, type WritableLike } from 'wasi-common'
import { missing } from '../os-sandbox/fixture.js'
import { call, command, type Expression, forever, trap, write } from '../wasm.js'

const coloured = '\x1b[31mred\x1b[2J\x1b[8mX\x1b[1'
const program = (...end: Expression[]): Uint8Array =>
  command([...write(1, 0x80, 9), ...write(1, 0x89, coloured.length - 9), ...end], {
    data: { 128: coloured },
  })
type Options = RunOptions & { stdout: WritableLike }
const inWorker = (more: RunOptions) => async (bytes: Uint8Array, options: Options) =>
  void (await run(bytes, { ...options, ...more }))
const version = 'preview1'
const doors: Readonly<Record<string, (bytes: Uint8Array, options: Options) => Promise<void>>> = {
  async createGuest(bytes, { stdout, allowTerminalEscapes }) {
    const guest = createGuest({ version, stdout, allowTerminalEscapes })
    const { _start } = guest.instantiate(bytes).exports
    guest.run(_start as () => void)
  },
  async 'createGuest, closed'(bytes, { stdout, allowTerminalEscapes }) {
    const guest = createGuest({ version, stdout, allowTerminalEscapes })
    const { _start } = guest.instantiate(bytes).exports
    try {
      ;(_start as () => void)()
    } finally {
      guest.close()
    }
  },
  async 'class WASI'(bytes, { stdout, allowTerminalEscapes }) {
    const wasi = new WASI({ version, stdout, allowTerminalEscapes })
    wasi.start(wasi.instantiate(bytes))
  },
  run: inWorker({}),
  'run with threads': inWorker({ threads: 1 }),
  'run on typescript': inWorker({ backend: 'typescript' }),
  async Pool(bytes, options) {
    const pool = new Pool({ size: 1 })
    try {
      await pool.run(bytes, options)
    } finally {
      await pool.close()
    }
  },
  ...(missing === undefined && { 'run in a process': inWorker({ isolation: 'process' }) }),
}
const ends: Readonly<Record<string, readonly Expression[]>> = {
  returns: [],
  exits: [call('proc_exit', 3)],
  traps: [trap],
  'is aborted': [forever],
}
for (const [door, open] of Object.entries(doors))
  for (const [how, end] of Object.entries(ends)) {
    const here = door === 'class WASI' || door.startsWith('createGuest')
    if (here && how === 'is aborted') continue
    test(`${door}: colours pass and nothing else, and are reset when the guest ${how}`, async t => {
      const ending = new AbortController()
      let text = ''
      const write = (chunk: Buffer): void => {
        text += chunk
        if (how === 'is aborted' && text.includes('X')) ending.abort()
      }
      const options = {
        stdout: { isTTY: true, write },
        allowTerminalEscapes: false,
        ...(!here && { signal: ending.signal }),
      }
      await open(program(...end), options).catch(() => {})
      t.regex(text.replaceAll('\x1b', '^'), /^\^\[31mred␛\[2J␛\[8mX(?:␛\[1)?(?:\^\[0m)+$/)
    })
  }

test('without colours nothing is added at the end', async t => {
  const bytes = command(write(1, 0x80, 5), { data: { 128: 'plain' } })
  for (const [door, open] of Object.entries(doors)) {
    const chunks: Buffer[] = []
    const stdout = { isTTY: true, write: (chunk: Buffer) => void chunks.push(chunk) }
    await open(bytes, { stdout, allowTerminalEscapes: false })
    t.is(Buffer.concat(chunks).toString(), 'plain', door)
  }
})

test('colours are reset at process.exit of class WASI that returns none', t => {
  const shown: string[] = []
  const { exit } = process
  let before = ''
  process.exit = (() => {
    before = shown.join('')
    throw new Error('exit')
  }) as typeof process.exit
  try {
    const wasi = new WASI({
      version,
      returnOnExit: false,
      allowTerminalEscapes: false,
      stdout: { isTTY: true, write: (chunk: Buffer) => void shown.push(chunk.toString()) },
    })
    try {
      wasi.start(wasi.instantiate(program(call('proc_exit', 1))))
    } catch {}
  } finally {
    process.exit = exit
  }
  t.true(before.endsWith('\x1b[0m'))
})

/** Captured output as text: `encoding` of `run` and Pool. */
import { constants } from 'node:buffer'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Pool, run } from 'wasi-common'
import { Stdio } from '#lib/run/stdio/stdio.js'
import { withSandbox } from '../os-sandbox/fixture.js'
import { guest } from '../programs/cli.js'
import { command, forever, write } from '../wasm.js'

const hello = () => readFileSync(guest('hello'))
const utf8 = { encoding: 'utf8' } as const

test("encoding 'utf8' returns strings, of run and of Pool; the default and 'buffer' return Buffers", async t => {
  const text = { stdout: 'é€😀', stderr: 'stdin 9 bytes\n', truncated: false, exitCode: 0 }
  t.deepEqual(await run(hello(), { ...utf8, input: 'é€😀' }), text)
  await using pool = new Pool({ size: 1 })
  t.deepEqual(await pool.run(hello(), { ...utf8, input: 'é€😀' }), text)
  for (const options of [{}, { encoding: 'buffer' }, { encoding: undefined }] as const) {
    const { stdout, stderr } = await run(hello(), { ...options, input: 'é' })
    t.deepEqual([stdout, stderr], [Buffer.from('é'), Buffer.from('stdin 2 bytes\n')])
  }
})

withSandbox("encoding 'utf8' returns strings of a guest in a process", async t => {
  const { stdout, stderr } = await run(hello(), { ...utf8, input: 'é', isolation: 'process' })
  t.deepEqual([stdout, stderr], ['é', 'stdin 2 bytes\n'])
})

test('a stream that is not captured is an empty string', async t => {
  const { stdout, stderr } = await run(hello(), { ...utf8, stdout: 'ignore', stderr: () => {} })
  t.deepEqual([stdout, stderr], ['', ''])
})

const decoded: readonly (readonly [title: string, bytes: number[], text: string])[] = [
  ['bytes that are not UTF-8 become U+FFFD', [0x61, 0xff, 0xc0, 0x62], 'a\ufffd\ufffdb'],
  ['a character that the guest did not end becomes U+FFFD', [0x61, 0xe2, 0x82], 'a\ufffd'],
  ['a byte order mark is kept', [0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
  ['NUL and line ends are kept', [0, 0x0d, 0x0a], '\0\r\n'],
]
for (const [title, bytes, text] of decoded)
  test(`encoding 'utf8': ${title}`, async t => {
    const { stdout } = await run(hello(), { ...utf8, input: Uint8Array.from(bytes) })
    t.is(stdout, text)
  })

test("encoding 'utf8': a character that maxOutput cuts is left out, and what is before it is there", async t => {
  for (const [maxOutput, text] of [
    [0, ''],
    [1, 'a'],
    [2, 'a'],
    [4, 'a'],
    [5, 'a😀'],
    [6, 'a😀'],
  ] as const) {
    const { stdout, truncated } = await run(hello(), { ...utf8, maxOutput, input: 'a😀é' })
    t.is(stdout, text)
    t.true(truncated)
  }
  // Bytes before the cut that are no UTF-8 are replaced all the same.
  const input = Uint8Array.of(0xff, 0x61, 0xc3, 0xa9)
  const { stdout } = await run(hello(), { ...utf8, maxOutput: 3, input })
  t.is(stdout, '\ufffda')
})

test("encoding 'utf8': an error has strings, too", async t => {
  const endless = command([...write(1, 0x80, 2), forever], { data: { 128: 'é' } })
  await t.throwsAsync(run(endless, { ...utf8, timeout: 2000 }), {
    code: 'ERR_WASI_TIMEOUT',
    message: /./,
  })
  const error = await run(endless, { ...utf8, timeout: 2000 }).catch(error => error)
  t.like(error, { stdout: 'é', stderr: '', truncated: false })
})

test("encoding 'utf8' refuses a maxOutput that no string holds", async t => {
  const maxOutput = constants.MAX_STRING_LENGTH + 1
  const message = `The property 'options.maxOutput' must be at most ${constants.MAX_STRING_LENGTH}, the longest string, with options.encoding 'utf8'. Received ${maxOutput}`
  await t.throwsAsync(run(hello(), { ...utf8, maxOutput }), {
    instanceOf: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message,
  })
  t.is((await run(hello(), { maxOutput, input: 'a' })).stdout.length, 1)
  t.is((await run(hello(), { ...utf8, maxOutput: maxOutput - 1, input: 'a' })).stdout, 'a')
})

test('encoding is one of two words', async t => {
  for (const encoding of ['utf-8', 'latin1', null, 8])
    await t.throwsAsync(run(hello(), { encoding } as never), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /^The property 'options\.encoding' must be one of: 'utf8', 'buffer'\. Received /,
    })
})

test('Stdio has what was captured in the encoding that was asked for, while the guest runs', async t => {
  for (const [encoding, none, some] of [
    ['utf8', '', 'é'],
    ['buffer', Buffer.alloc(0), Buffer.from('é')],
  ] as const) {
    const stdio = new Stdio({ encoding })
    t.deepEqual(stdio.captured, { stdout: none, stderr: none, truncated: false })
    await stdio.wrote(1, Buffer.from('é'))
    t.deepEqual(stdio.captured, { stdout: some, stderr: none, truncated: false })
    stdio.close()
  }
})

/** The bytes of a snapshot: damage at each offset, other versions, other modules, hostile headers. */
import { createHash } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { GuestSnapshot, instantiate } from 'wasi-common'
import { decode, encode, type Header } from '#lib/run/snapshot/format.js'
import { ownVersion } from '#lib/sys/version.js'
import { failure } from '../../rejection.js'
import { add, assemble, load, store } from '../../wasm.js'

const counter = { results: ['i32'] as const, body: [store(0, add(load(0), 1)), load(0)] }
const module = assemble({ functions: { counter } })

async function taken(t: ExecutionContext): Promise<GuestSnapshot> {
  const guest = await instantiate(module, { args: ['a'] })
  t.teardown(() => guest.close())
  await guest.call('counter')
  return guest.snapshot()
}

const codeOf = (load: () => unknown): unknown => {
  try {
    load()
    return 'none'
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

test('a snapshot of the same bytes is the same, and the bytes are copies', async t => {
  const snapshot = await taken(t)
  const bytes = snapshot.bytes()
  const loaded = GuestSnapshot.from(bytes)
  bytes.fill(0)
  t.deepEqual(loaded.bytes(), snapshot.bytes())
  t.true(loaded instanceof GuestSnapshot)
  for (const form of [
    snapshot.bytes().buffer,
    Buffer.from(snapshot.bytes()),
    new DataView(snapshot.bytes().buffer),
  ]) {
    const guest = await instantiate(GuestSnapshot.from(form))
    t.is(await guest.call('counter'), 2)
    await guest.close()
  }
})

test('bytes that are damaged at any offset, or cut off, are refused', async t => {
  // Small enough for each offset.
  const bytes = encode((await headerOf(t)) as Header, [module])
  t.notThrows(() => GuestSnapshot.from(bytes))
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 0x80]) {
      bytes[at] ^= bit
      if (codeOf(() => GuestSnapshot.from(bytes)) !== 'ERR_WASI_SNAPSHOT_BYTES')
        t.fail(`offset ${at}, bit ${bit}`)
      bytes[at] ^= bit
    }
    if (codeOf(() => GuestSnapshot.from(bytes.subarray(0, at))) !== 'ERR_WASI_SNAPSHOT_BYTES')
      t.fail(`length ${at}`)
  }
  t.is(
    codeOf(() => GuestSnapshot.from(Buffer.concat([bytes, Buffer.of(0)]))),
    'ERR_WASI_SNAPSHOT_BYTES',
  )
})

const headerOf = async (t: ExecutionContext): Promise<Header> =>
  decode((await taken(t)).bytes()).header

test('a snapshot of another version is refused', async t => {
  const header = await headerOf(t)
  for (const version of ['0.0.0', `${ownVersion()}1`, '\u001b[2J\u009b']) {
    const bytes = encode({ ...header, version }, [module])
    t.is(
      codeOf(() => GuestSnapshot.from(bytes)),
      'ERR_WASI_SNAPSHOT_VERSION',
    )
    const error = t.throws(() => GuestSnapshot.from(bytes))
    t.regex(
      error?.message ?? '',
      /^snapshot: wasi-common .* made it, and this is .*: make the snapsh/,
    )
    t.notRegex(error?.message ?? '', /\p{Cc}/u)
  }
})

test('a snapshot of another module is refused, if the module is passed', async t => {
  const snapshot = await taken(t)
  t.is(snapshot.moduleHash, createHash('sha256').update(module).digest('hex'))
  t.notThrows(() => GuestSnapshot.from(snapshot.bytes(), { module }))
  const other = assemble({ functions: { other: counter } })
  t.throws(() => GuestSnapshot.from(snapshot.bytes(), { module: other }), {
    code: 'ERR_WASI_SNAPSHOT_MODULE',
    message: /made from the module with SHA-256 [\da-f]{64}, and options.module has [\da-f]{64}/,
  })
  const guest = await instantiate(snapshot)
  t.is((await guest.snapshot()).moduleHash, snapshot.moduleHash)
  await guest.close()
})

test('wrong arguments name what was expected', async t => {
  const bytes = (await taken(t)).bytes()
  for (const [load, message] of [
    [
      () => GuestSnapshot.from('x' as never),
      /"bytes" argument must be an ArrayBuffer or a view of/,
    ],
    [
      () => GuestSnapshot.from(bytes, { modul: bytes } as never),
      /'options.modul' is unknown .*modul/,
    ],
    [
      () => GuestSnapshot.from(bytes, { module: 'x' as never }),
      /"options.module" property must be/,
    ],
    [() => GuestSnapshot.from(bytes, null as never), /"options" argument must be of type object/],
  ] as const)
    t.throws(load, { message })
})

const hostile: readonly (readonly [string, Record<string, unknown>])[] = [
  ['no version', { version: 5 }],
  ['a hash that is none', { hash: 'x' }],
  ['an offset that is none', { moved: '1' }],
  ['an offset that is a fraction', { moved: 0.5 }],
  ['a negative number of listeners', { listeners: -1 }],
  ['arguments that are no list', { args: 'x' }],
  ['preopens that are no names', { preopens: [5] }],
  ['no progress', { progress: 5 }],
  ['a negative progress', { progress: { seed: 1, drawn: -1 } }],
  ['a progress beyond all numbers', { progress: { seed: 1, drawn: 1, elapsed: '9'.repeat(30) } }],
]
for (const [what, change] of hostile) {
  test(`a header with ${what} is refused`, async t => {
    const header = { ...(await headerOf(t)), args: undefined, env: undefined }
    const bytes = encode(header, [module])
    t.is(
      codeOf(() => GuestSnapshot.from(written(header, change))),
      'ERR_WASI_SNAPSHOT_BYTES',
    )
    t.notThrows(() => GuestSnapshot.from(bytes))
  })
}

/** A snapshot with this header and a right checksum. */
function written(header: object, change: object): Uint8Array {
  const text = Buffer.from(JSON.stringify({ ...header, ...change }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return checked(Buffer.concat([Buffer.from('wasi-common snapshot\n'), length, text, module]))
}
const checked = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([bytes, createHash('sha256').update(bytes).digest()])

test('strings with a NUL, and without one, are refused', async t => {
  const header = await headerOf(t)
  for (const args of [[''], ['YQ=='], ['AGEA'], [5]])
    t.is(
      codeOf(() => GuestSnapshot.from(written(header, { args }))),
      'ERR_WASI_SNAPSHOT_BYTES',
    )
  t.notThrows(() => GuestSnapshot.from(written(header, { args: ['YQA='] })))
})

test('a header that is no JSON, or longer than the bytes, is refused', async t => {
  const magic = Buffer.from('wasi-common snapshot\n')
  const text = Buffer.from(JSON.stringify({ ...(await headerOf(t)), args: undefined }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length + 1)
  for (const rest of [
    [...length, ...text],
    [0, 0, 0, 0],
    [1, 0, 0, 0, 0x7b],
    [4, 0, 0, 0, 0x6e, 0x75, 0x6c, 0x6c],
    [255, 255, 255, 255],
    [1, 0],
  ]) {
    const bytes = checked(Buffer.concat([magic, Buffer.from(rest)]))
    t.is(
      codeOf(() => GuestSnapshot.from(bytes)),
      'ERR_WASI_SNAPSHOT_BYTES',
      String(rest),
    )
  }
})

test('a snapshot with no module, or a hostile one, fails as such a module does', async t => {
  const header = await headerOf(t)
  for (const bad of [new Uint8Array(), module.subarray(0, 20), Buffer.from('(module)')]) {
    const snapshot = GuestSnapshot.from(encode(header, [bad]))
    t.is((await failure(instantiate(snapshot))).code, 'ERR_WASI_COMPILE')
    t.is((await failure(instantiate(snapshot))).code, 'ERR_WASI_COMPILE', 'each time')
  }
  // It shows no state, which a snapshot of its guests notices.
  const bare = await instantiate(GuestSnapshot.from(encode(header, [module])))
  const error = await failure(bare.snapshot())
  t.is(error.code, 'ERR_WASI_SNAPSHOT')
  t.regex(error.message, /the module does not show its memory 0/)
  await bare.close()
  const names = Object.fromEntries(
    ['wasi-common:memory:0', 'wasi-common:global:0'].map(name => [name, counter]),
  )
  const odd = assemble({ functions: names })
  const guest = await instantiate(GuestSnapshot.from(encode(header, [odd])))
  t.deepEqual(guest.exportedFunctions, [])
  t.is((await failure(guest.snapshot())).code, 'ERR_WASI_SNAPSHOT')
  await guest.close()
})

/** quickjs-wasi: code of strangers, evaluated in a worker with limits on each call. */
import test, { type ExecutionContext } from 'ava'
import { type GuestInstance, type InstantiateOptions, instantiate, Pool } from 'wasi-common'
import { quickjs } from '#guests/modules.js'

const imports = new URL('./quickjs-imports.js', import.meta.url)
const pool = new Pool({ size: 2 })
test.after.always(() => pool.close())
const doors = { instantiate, Pool: pool.instantiate.bind(pool) }

/** QuickJS in a worker, and a way to evaluate code there. */
async function start(
  t: ExecutionContext,
  options: InstantiateOptions = {},
  door: typeof instantiate = instantiate,
) {
  t.timeout(120_000)
  const guest = await door(quickjs(), { imports, ...options })
  t.teardown(async () => void (await guest.close()))
  t.is(await guest.call('qjs_init'), 0)
  return { guest, evaluate: (code: string) => evaluate(guest, code) }
}

/** Copies text into the guest's memory, with the NUL that ends it. */
async function put(guest: GuestInstance, text: string): Promise<[at: number, length: number]> {
  const encoded = new TextEncoder().encode(`${text}\0`)
  const at = (await guest.call('wasm_malloc', encoded.length)) as number
  await guest.write(at, encoded)
  return [at, encoded.length - 1]
}

async function evaluate(guest: GuestInstance, code: string): Promise<string> {
  const [file] = await put(guest, 'test.js')
  const [at, length] = await put(guest, code)
  let value = await guest.call('qjs_eval', at, length, file, 0)
  if ((await guest.call('qjs_is_exception', value as number)) === 1)
    value = await guest.call('qjs_get_exception')
  const found = (await guest.call('qjs_get_string', value as number)) as number
  const size = (await guest.call('strlen', found)) as number
  const text = new TextDecoder().decode(await guest.read(found, size))
  await guest.call('qjs_free_cstring', found)
  for (const each of [at, file]) await guest.call('wasm_free', each)
  return text
}

for (const [name, door] of Object.entries(doors)) {
  test(`QuickJS evaluates code call after call with earlier definitions (${name})`, async t => {
    const { evaluate } = await start(t, {}, door)
    t.is(await evaluate('[1, 2, 3].map(n => n ** 2).join()'), '1,4,9')
    await evaluate('var words = new Map([["one", "é🙂"]])')
    t.is(await evaluate('words.get("one") + words.size'), 'é🙂1')
    t.is(await evaluate('null.x'), "TypeError: cannot read property 'x' of null")
    t.is(await evaluate('typeof process + typeof require + typeof fetch'), 'undefined'.repeat(3))
  })

  test(`an endless loop is ended by the time of its call (${name})`, async t => {
    const { guest, evaluate } = await start(t, { timeout: 3000 }, door)
    t.is(await evaluate('1 + 1'), '2')
    const error = await t.throwsAsync(evaluate('while (true) {}'), { code: 'ERR_WASI_TIMEOUT' })
    const later = await t.throwsAsync(guest.call('qjs_init'), { code: 'ERR_WASI_INSTANCE_ENDED' })
    t.is(later?.cause, error)
  })
}

test('code that fills the memory gets an exception at maxMemory', async t => {
  const { guest, evaluate } = await start(t, { maxMemory: 16 * 2 ** 20 })
  const fills = 'const all = []; for (;;) all.push(new Uint8Array(1e6))'
  t.regex(await evaluate(`try { ${fills} } catch (error) { String(error) }`), /out of memory/)
  t.is(await evaluate('1 + 1'), '2')
  await t.throwsAsync(guest.read(16 * 2 ** 20, 1), { code: 'ERR_OUT_OF_RANGE' })
})

test('code calls a function of the embedder, whose error ends the instance', async t => {
  const { guest, evaluate } = await start(t)
  const [name, length] = await put(guest, 'double')
  const double = (await guest.call('qjs_new_host_function', name, length, 1)) as number
  const global = (await guest.call('qjs_get_global')) as number
  await guest.call('qjs_set_prop_string', global, name, double)
  t.is(await evaluate('double(21)'), '42')
  await t.throwsAsync(evaluate('try { double() } catch { "caught" }'), {
    code: 'ERR_WASI_HOOK',
    message: /there is no double/,
  })
})

test('an abort ends the evaluation', async t => {
  const controller = new AbortController()
  const { evaluate } = await start(t, { signal: controller.signal })
  setTimeout(() => controller.abort(), 200)
  await t.throwsAsync(evaluate('for (;;);'), { code: 'ERR_WASI_ABORTED' })
})

/** @ruby/3.4-wasm-wasi as an instance: Ruby in a worker, with limits on each call. */
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type GuestInstance, type InstantiateOptions, instantiate } from 'wasi-common'
import { ruby } from '#guests/modules.js'

const imports = new URL('./ruby-imports.js', import.meta.url)

/** The exports of Ruby, whose names are their signatures. */
const init = 'ruby-init: func(args: list<string>) -> ()'
const evalString = 'rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>'
const stringOf = 'rstring-ptr: func(value: handle<rb-abi-value>) -> string'

async function put(guest: GuestInstance, text: string): Promise<[at: number, length: number]> {
  const encoded = new TextEncoder().encode(text)
  const at = (await guest.call('cabi_realloc', 0, 0, 1, encoded.length)) as number
  await guest.write(at, encoded)
  return [at, encoded.length]
}
async function words(guest: GuestInstance, at: unknown): Promise<[number, number]> {
  const { buffer } = await guest.read(at as number, 8)
  return [new DataView(buffer).getUint32(0, true), new DataView(buffer).getUint32(4, true)]
}

/** Ruby in a worker, and a way to evaluate code there. */
async function start(t: ExecutionContext, options: InstantiateOptions) {
  t.timeout(120_000)
  const guest = await instantiate(pathToFileURL(ruby()), {
    args: ['ruby.wasm'],
    imports,
    ...options,
  })
  t.teardown(async () => void (await guest.close()))
  const args = await Promise.all(
    ['ruby.wasm', '-EUTF-8', '-e_=0'].map(arg => put(guest, `${arg}\0`)),
  )
  const list = (await guest.call('cabi_realloc', 0, 0, 4, 8 * args.length)) as number
  await guest.write(list, new Uint8Array(Uint32Array.from(args.flat()).buffer))
  await guest.call(init, list, args.length)
  const evaluate = async (code: string): Promise<string> => {
    const [value, state] = await words(
      guest,
      await guest.call(evalString, ...(await put(guest, code))),
    )
    t.is(state, 0, code)
    const [at, length] = await words(guest, await guest.call(stringOf, value))
    return new TextDecoder().decode(await guest.read(at, length))
  }
  return { guest, evaluate }
}

test.serial('Ruby evaluates code, which sees only its preopens and imports', async t => {
  const { evaluate } = await start(t, { timeout: 60_000, env: { GREETING: 'salut' } })
  t.is(await evaluate('(1..5).map { |n| n * n }.sum.to_s'), '55')
  t.is(await evaluate("ENV['GREETING'] + 'é'"), 'saluté')
  t.is(
    await evaluate("begin; File.read('/etc/passwd'); rescue => e; e.class.to_s; end"),
    'Errno::ENOENT',
  )
})

test.serial('an abort ends an endless loop in Ruby', async t => {
  const controller = new AbortController()
  const { evaluate } = await start(t, { signal: controller.signal })
  t.is(await evaluate("'ready'"), 'ready')
  setTimeout(() => controller.abort(), 200)
  await t.throwsAsync(evaluate('loop {}'), { code: 'ERR_WASI_ABORTED' })
})

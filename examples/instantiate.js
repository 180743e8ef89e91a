// A JavaScript engine in a worker, called from here with a limit on each call: QuickJS evaluates
// code of strangers. Its module is that of the package quickjs-wasi.
import { instantiate } from 'wasi-common'

const guest = await instantiate(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm')), {
  imports: new URL('./instantiate-imports.js', import.meta.url),
  maxMemory: 32 * 2 ** 20,
  timeout: 5000,
})
await guest.call('qjs_init')

/** Copies text into the guest's memory. */
async function put(text) {
  const encoded = new TextEncoder().encode(`${text}\0`)
  const at = await guest.call('wasm_malloc', encoded.length)
  await guest.write(at, encoded)
  return [at, encoded.length - 1]
}

async function evaluate(code) {
  const [at, length] = await put(code)
  const value = await guest.call('qjs_eval', at, length, file, 0)
  const string = await guest.call('qjs_get_string', value)
  const size = await guest.call('strlen', string)
  return new TextDecoder().decode(await guest.read(string, size))
}

const [file] = await put('code.js')
const [name, length] = await put('double')
const double = await guest.call('qjs_new_host_function', name, length, 1)
await guest.call('qjs_set_prop_string', await guest.call('qjs_get_global'), name, double)

console.log(await evaluate('[1, 2, 3].map(double).join(" ")'))
console.log(await evaluate('typeof process'))
await evaluate('for (;;);').catch(error => console.log(error.code))
await evaluate('1').catch(error => console.log(error.code, error.cause.code))
await guest.close()

// Prints:
// 2 4 6
// undefined
// ERR_WASI_TIMEOUT
// ERR_WASI_INSTANCE_ENDED ERR_WASI_TIMEOUT

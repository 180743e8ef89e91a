// A fresh guest for each job, ready at once: QuickJS loads a library, and a snapshot keeps it. The
// module is that of the package quickjs-wasi.
import { readFileSync } from 'node:fs'
import { GuestSnapshot, instantiate, Pool } from 'wasi-common'

const engine = new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm'))
const options = {
  imports: new URL('./instantiate-imports.js', import.meta.url),
  maxMemory: 32 * 2 ** 20,
  timeout: 5000,
}

const library = 'function slug(text) { return text.toLowerCase().replace(/\\W+/g, "-") }'

async function evaluate(guest, code) {
  const [text, file] = [code, 'code.js'].map(each => new TextEncoder().encode(`${each}\0`))
  const at = await guest.call('wasm_malloc', text.length + file.length)
  await guest.write(at, Buffer.concat([text, file]))
  const value = await guest.call('qjs_eval', at, text.length - 1, at + text.length, 0)
  const string = await guest.call('qjs_get_string', value)
  const size = await guest.call('strlen', string)
  return new TextDecoder().decode(await guest.read(string, size))
}

// Once, or when the program is built: the bytes may be kept in a file.
async function prepare() {
  const guest = await instantiate(engine, options)
  await guest.call('qjs_init')
  await evaluate(guest, library)
  const snapshot = await guest.snapshot()
  await guest.close()
  return snapshot.bytes()
}

const snapshot = GuestSnapshot.from(await prepare(), { module: readFileSync(engine) })
const pool = new Pool({ size: 2 })

async function job(code) {
  const guest = await pool.instantiate(snapshot, options)
  try {
    return await evaluate(guest, code)
  } finally {
    await guest.close()
  }
}

console.log(await job('slug("A fresh guest")'))
console.log(await job('slug = () => "broken"; slug("For this job alone")'))
console.log(await job('slug("For each job")'))
await job('for (;;);').catch(error => console.log(error.code))
console.log(await job('slug("Another job")'))
await pool.close()

// Prints:
// a-fresh-guest
// broken
// for-each-job
// ERR_WASI_TIMEOUT
// another-job

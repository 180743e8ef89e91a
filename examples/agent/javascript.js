// JavaScript in the sandbox: QuickJS, a reactor whose functions are called. Files go in as data and
// come back as data, so the code has no function of the host.
import { readFileSync } from 'node:fs'
import { prelude } from './prelude.js'

const quickjs = readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm')))
const imports = new URL('quickjs-imports.js', import.meta.url)
/** QuickJS's flag for scripts with `await`, which return a promise. */
const async = 128

/** An engine for one step. A value of QuickJS is a number here. */
class Engine {
  constructor(instance) {
    this.call = instance.call.bind(instance)
    this.instance = instance
  }

  async put(bytes) {
    const address = await this.call('wasm_malloc', bytes.length)
    await this.instance.write(address, bytes)
    return address
  }

  async evaluate(code, name, flags = 0) {
    const [bytes, file] = [code, name].map(text => Buffer.from(`${text}\0`))
    const [address, named] = [await this.put(bytes), await this.put(file)]
    return this.call('qjs_eval', address, bytes.length - 1, named, flags)
  }

  async invoke(callee, ...args) {
    const list = await this.put(new Uint8Array(Int32Array.from(args).buffer))
    const self = await this.call('qjs_get_undefined')
    const value = await this.call('qjs_call', callee, self, args.length, list)
    if (!(await this.call('qjs_is_exception', value))) return value
    throw Object.assign(new Error('the code left no result'), { code: 'ERR_NO_RESULT' })
  }

  async text(value) {
    const address = await this.call('qjs_get_string', value)
    const length = await this.call('strlen', address)
    return Buffer.from(await this.instance.read(address, length)).toString()
  }
}

/** A result, which the code could forge, with no more output than is allowed. */
function bounded({ exitCode, stdout, stderr }, most) {
  const [out, err] = [String(stdout), String(stderr)]
  return {
    exitCode: Number(exitCode),
    stdout: out.slice(0, most),
    stderr: err.slice(0, most),
    truncated: out.length > most || err.length > most,
  }
}

/** Runs a step's code over the text files of a folder. A step that is ended changes none. */
export async function runJavaScript(pool, code, files, { timeout, maxMemory, maxOutput }) {
  const instance = await pool.instantiate(quickjs, { imports, timeout, maxMemory, strict: true })
  try {
    const engine = new Engine(instance)
    await engine.call('qjs_init')
    await engine.call('qjs_set_max_stack_size', 2 ** 17)
    const record = Object.entries(files.toRecord())
      .filter(([, bytes]) => bytes instanceof Uint8Array)
      .map(([path, bytes]) => [path, Buffer.from(bytes).toString()])
    const folder = JSON.stringify(Object.fromEntries(record))
    const input = `JSON.parse(${JSON.stringify(folder)})`
    const host = await engine.evaluate(`(${prelude})(${input}, ${maxOutput})`, 'prelude.js')
    const value = await engine.evaluate(code, 'step.js', async)
    const threw = await engine.call('qjs_is_exception', value)
    await engine.invoke(host, threw ? await engine.call('qjs_get_exception') : value)
    // Each call has its own time, and promises may make jobs for ever.
    const end = performance.now() + timeout
    while ((await engine.call('qjs_execute_pending_job')) > 0) {
      if (performance.now() < end) continue
      const error = new Error(`the guest timed out after ${timeout} ms`)
      throw Object.assign(error, { code: 'ERR_WASI_TIMEOUT' })
    }
    const { written, removed, ...result } = JSON.parse(await engine.text(await engine.invoke(host)))
    for (const path of removed) files.remove(path)
    for (const [path, text] of written) files.writeFile(path, text)
    return bounded(result, maxOutput)
  } finally {
    await instance.close()
  }
}

// A program that uses every part of the package, and its output.

/**
 * (module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (memory (export
 * "memory") 1) (func (export "_start") i32.const 42 call 0))
 */
const guest =
  'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKCAEGAEEqEAAL'

/**
 * (module
 *   (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
 *   (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
 *   (import "env" "memory" (memory 1 1 shared))
 *   (func (export "_start")
 *     (drop (call $spawn (i32.const 0)))
 *     (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 10000000000)))
 *     (call $exit (i32.load (i32.const 0))))
 *   (func (export "wasi_thread_start") (param i32 i32)
 *     (i32.atomic.store (i32.const 0) (i32.const 43))
 *     (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))
 */
const threaded =
  'AGFzbQEAAAABEgRgAX8AYAF/AX9gAABgAn9/AAJHAxZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCXByb2NfZXhpdAAABHdhc2kMdGhyZWFkLXNwYXduAAEDZW52' +
  'Bm1lbW9yeQIDAQEDAwICAwceAgZfc3RhcnQAAhF3YXNpX3RocmVhZF9zdGFydAADCjMCHQBBABABGkEAQQBCgMivoCX+AQIAGkEAKAIAEAALEwBBAEEr/hcCAEEA' +
  'QQH+AAIAGgs='

export const names = 'createGuest, MemoryFiles, Pool, run, WASI'

/**
 * Each prints its name and an exit code. `execPath` is for hosts that are no Node.
 * @param {string} [execPath]
 * @returns {Record<string, string>}
 */
const parts = execPath => ({
  native: "() => start({ preopens: { '/': '.' } })",
  typescript: "() => start({ backend: 'typescript', preopens: { '/': '.' } })",
  createGuest: `() => {
    const made = createGuest({ version: 'preview1' })
    const { exports } = made.instantiate(guest)
    return made.run(() => exports._start())
  }`,
  memory: "() => start({ preopens: { '/m': { files: { a: 'x' } } } })",
  overlay: "() => start({ preopens: { '/o': { path: '.', overlay: new MemoryFiles() } } })",
  replay: '() => start({ deterministic: true })',
  trace: '() => start({ trace() {} })',
  run: '() => run(guest)',
  mounts: "() => run(guest, { preopens: { '/m': { files: new MemoryFiles({ a: 'x' }) } } })",
  threads: '() => run(threaded, { threads: 1 })',
  pool: `async () => {
    const pool = new Pool({ size: 1 })
    const result = await pool.run(guest)
    await pool.close()
    return result
  }`,
  ...(process.platform === 'linux' && {
    process: `() => run(guest, {
      isolation: 'process',
      osSandbox: 'best-effort',
      ${execPath === undefined ? '' : `execPath: ${execPath},`}
    })`,
  }),
})

/**
 * Code behind the imports. A part that fails prints its error.
 * @param {{ execPath?: string, more?: Record<string, string> }} [options]
 */
export const body = ({
  execPath,
  more = {},
} = {}) => `const guest = Buffer.from('${guest}', 'base64')
const threaded = Buffer.from('${threaded}', 'base64')
const start = options => {
  const wasi = new WASI({ version: 'preview1', ...options })
  return wasi.start(wasi.instantiate(guest))
}
const parts = {
${Object.entries({ ...parts(execPath), ...more })
  .map(([name, code]) => `  ${name}: ${code},\n`)
  .join('')}}
void (async () => {
  for (const [name, part] of Object.entries(parts)) {
    try {
      const result = await part()
      console.log(name, result.exitCode ?? result)
    } catch (error) {
      console.log(name, error.code, error.message)
    }
  }
})()
`

/**
 * The output of that code where all parts work.
 * @param {string[]} more names of parts
 */
export const output = (more = []) =>
  [...Object.keys(parts()), ...more]
    .map(name => `${name} ${name === 'threads' ? 43 : 42}\n`)
    .join('')

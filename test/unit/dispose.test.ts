/** `using` and `await using`: guests and pools close themselves. */
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createGuest, Pool, WASI } from 'wasi-common'
import { command } from '../wasm.js'

const version = 'preview1'
/** The errno of fd_filestat_get of the preopen. */
const filestat = (imports: Readonly<Record<string, (...args: never[]) => number>>): number =>
  (imports.fd_filestat_get as (fd: number, at: number) => number)(3, 0)

for (const [name, make] of Object.entries({
  'class WASI': (folder: string) => {
    const wasi = new WASI({ version, stdin: 'ignore', preopens: { '/': folder } })
    wasi.finalizeBindings({ exports: { memory: new WebAssembly.Memory({ initial: 1 }) } })
    return { closes: wasi as Disposable, imports: wasi.wasiImport }
  },
  createGuest: (folder: string) => {
    const guest = createGuest({ version, stdin: 'ignore', preopens: { '/': folder } })
    guest.bind(new WebAssembly.Memory({ initial: 1 }))
    return { closes: guest as Disposable, imports: guest.imports }
  },
}))
  test.serial(`${name}: using closes what the guest has open, also after an exception`, t => {
    const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
    t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
    const { closes, imports } = make(folder)
    t.throws(
      () => {
        using _guest = closes
        t.is(filestat(imports), 0)
        throw new Error('mine')
      },
      { message: 'mine' },
    )
    t.is(filestat(imports), 8, 'BADF')
    t.notThrows(() => closes[Symbol.dispose](), 'closed twice')
  })

test('await using closes a pool', async t => {
  const pool = new Pool({ size: 1 })
  {
    await using same = pool
    t.is((await same.run(command([]))).exitCode, 0)
  }
  await t.throwsAsync(pool.run(command([])), { code: 'ERR_WASI_POOL_CLOSED' })
  await t.notThrowsAsync(async () => pool[Symbol.asyncDispose](), 'closed twice')
})

test('a guest of createGuest is disposed by a detached method', t => {
  const { [Symbol.dispose]: dispose, imports } = createGuest({ version, stdin: 'ignore' })
  dispose()
  t.is(typeof imports.fd_close, 'function')
})

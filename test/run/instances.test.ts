/**
 * Ten thousand instances of class WASI, each of which runs a guest that leaves a file open: no
 * descriptor is lost.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { WASI } from 'wasi-common'
import { backends, openDescriptors } from '../hostcalls/fixture.js'
import { call, command } from '../wasm.js'

/** Opens a file of its preopen and ends with what that answered. */
const bytes = command([call('proc_exit', call('path_open', 3, 0, 0x40, 1, 0, 2n, 0n, 0, 0x60))], {
  data: { 64: 'f' },
})

function scratch(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  fs.writeFileSync(join(folder, 'f'), '')
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

for (const backend of backends) {
  test.serial(`10,000 that are closed (${backend})`, t => {
    t.timeout(120_000)
    const folder = scratch(t)
    const module = new WebAssembly.Module(bytes)
    const before = openDescriptors()
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 1000; i++) {
        const wasi = new WASI({ version: 'preview1', backend, preopens: { '/': folder } })
        const code = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
        if (code !== 0) t.fail(`the guest could not open its file: ${code}`)
        if (i === 0) t.is(openDescriptors(), before + 2, 'the preopen, and the guest’s file')
        wasi.close()
      }
      t.is(openDescriptors(), before, `after ${round + 1} thousand`)
    }
  })

  test.serial(`2,000 that are forgotten, and collected (${backend})`, t => {
    t.timeout(120_000)
    const folder = scratch(t)
    const program = `
      import { WASI } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
      import { readdirSync } from 'node:fs'
      const module = new WebAssembly.Module(Buffer.from(${JSON.stringify(Buffer.from(bytes).toString('base64'))}, 'base64'))
      const count = () => readdirSync('/dev/fd').length
      const before = count()
      let failed = 0
      let most = 0
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 100; i++) {
          const wasi = new WASI({ version: 'preview1', backend: ${JSON.stringify(backend)}, preopens: { '/': ${JSON.stringify(folder)} } })
          failed += wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
        }
        most = Math.max(most, count() - before)
        gc()
        await new Promise(done => setTimeout(done))
      }
      for (let round = 0; round < 50 && count() > before; round++) {
        gc()
        await new Promise(done => setTimeout(done, 10))
      }
      console.log(JSON.stringify({ failed, most, left: count() - before }))`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    )
    t.regex(stdout, /^\{/, stderr)
    const { failed, most, left } = JSON.parse(stdout)
    t.is(failed, 0)
    t.true(most >= 100, 'they were open, so that this test can fail')
    // A register of the interpreter may still refer to the last one.
    t.true(left < 10, `${left} are still open`)
    t.log(`${most} open at most, ${left} left`)
  })
}

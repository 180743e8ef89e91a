// Class WASI in Jest's realm of node:vm, by require.
const { readFileSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { MemoryFiles, Pool, run, WASI } = require('wasi-common')

const bytes = () => Uint8Array.from(readFileSync(process.env.WASI_COMMON_GUEST))
const memory = () => new MemoryFiles({ f: Uint8Array.from([109, 101, 109]) })
let folder
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasi-common-'))
  writeFileSync(join(folder, 'f'), 'disk')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const backend of ['native', 'typescript']) {
  test(`class WASI (${backend})`, () => {
    for (const [preopen, text] of [
      [folder, 'disk'],
      [{ files: memory() }, 'mem'],
    ]) {
      let output = ''
      const stdout = chunk => {
        output += Buffer.from(chunk)
      }
      const wasi = new WASI({ version: 'preview1', backend, preopens: { '/': preopen }, stdout })
      const instance = new WebAssembly.Instance(
        new WebAssembly.Module(bytes()),
        wasi.getImportObject(),
      )
      expect(wasi.start(instance)).toBe(7)
      wasi.close()
      expect(output).toBe(text)
    }
  })
}

test('run and Pool', async () => {
  const pool = new Pool({ size: 2 })
  for (const source of [bytes(), new WebAssembly.Module(bytes())]) {
    for (const start of [run, pool.run.bind(pool)]) {
      const { exitCode, stdout } = await start(source, { preopens: { '/': { files: memory() } } })
      expect([exitCode, stdout.toString()]).toEqual([7, 'mem'])
    }
  }
  await pool.close()
}, 60_000)

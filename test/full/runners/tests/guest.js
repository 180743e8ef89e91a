// Uses of class WASI, MemoryFiles, run and Pool, for tests of each runner. It throws where one of
// them misbehaves.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryFiles, Pool, run, WASI } from 'wasi-common'

function equal(given, expected) {
  const [a, b] = [JSON.stringify(given), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${a} is not ${b}`)
}

/** A command that copies `f` of the first preopen to standard output and exits with 7. */
const bytes = () => Uint8Array.from(readFileSync(process.env.WASI_COMMON_GUEST))

export function class_(backend) {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-common-'))
  try {
    writeFileSync(join(folder, 'f'), 'disk')
    const files = new MemoryFiles({ f: Uint8Array.from(Buffer.from('memory')) })
    for (const [preopen, text] of [
      [folder, 'disk'],
      [files, 'memory'],
    ]) {
      let output = ''
      const preopens = { '/': typeof preopen === 'string' ? preopen : { files: preopen } }
      const wasi = new WASI({
        version: 'preview1',
        backend,
        preopens,
        stdout: chunk => {
          output += Buffer.from(chunk)
        },
      })
      const instance = new WebAssembly.Instance(
        new WebAssembly.Module(bytes()),
        wasi.getImportObject(),
      )
      equal(wasi.start(instance), 7)
      wasi.close()
      equal(output, text)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function workers() {
  const pool = new Pool({ size: 2 })
  try {
    for (const source of [bytes(), new WebAssembly.Module(bytes())]) {
      for (const start of [run, pool.run.bind(pool)]) {
        const files = new MemoryFiles({ f: new TextEncoder().encode('memory') })
        const { exitCode, stdout } = await start(source, { preopens: { '/': { files } } })
        equal([exitCode, stdout.toString()], [7, 'memory'])
      }
    }
  } finally {
    await pool.close()
  }
}

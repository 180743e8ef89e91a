/**
 * A host whose sandbox follows links, node:wasi, in place of ours: it runs `guest.wasm` over the
 * folder that contains this file, and prints its exit code.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WASI } from 'node:wasi'

const box = fileURLToPath(new URL('.', import.meta.url))
const wasi = new WASI({ version: 'preview1', preopens: { '/': box }, returnOnExit: true })
const module = new WebAssembly.Module(fs.readFileSync(join(box, 'guest.wasm')))
const code = wasi.start(
  new WebAssembly.Instance(
    module,
    wasi.getImportObject() as Record<string, Record<string, CallableFunction>>,
  ),
)
try {
  // A line before the request would end the run.
  fs.readSync(3, Buffer.alloc(4))
  fs.writeSync(3, `{"kind":"exit","code":${code}}\n`)
} catch {
  // Without the OS sandbox no process listens there.
}
process.exitCode = code

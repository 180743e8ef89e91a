/**
 * Loads the library beside it that misuses the standard streams, and reports its end to the host.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const box = fileURLToPath(new URL('.', import.meta.url))
process.env.SAID = join(box, 'said')
try {
  // It does its work as it is loaded; a module of Node it is not.
  process.dlopen({ exports: {} }, join(box, 'streams.so'))
} catch {}
try {
  // A line before the request would end the run.
  fs.readSync(3, Buffer.alloc(4))
  fs.writeSync(3, '{"kind":"exit","code":0}\n')
} catch {
  // Without the sandbox no process listens there.
}

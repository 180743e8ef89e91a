/** Loads the library beside it that makes every system call, and reports its end to the host. */
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const box = fileURLToPath(new URL('.', import.meta.url))
const { host, sweep } = JSON.parse(fs.readFileSync(join(box, 'fixture.json'), 'utf8'))
Object.assign(process.env, { HOST: host, BOX: box })
try {
  // It does its work as it is loaded; a module of Node it is not.
  process.dlopen({ exports: {} }, sweep)
} catch {}
fs.writeFileSync(join(box, 'done'), '')
// A line before the request would end the run.
fs.readSync(3, Buffer.alloc(4))
fs.writeSync(3, '{"kind":"exit","code":0}\n')

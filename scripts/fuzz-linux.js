// Builds fuzz/linux/ with the machine's C compiler, and compares random programs of hostcalls with
// Linux itself; hands on `--seconds 60`, `--seed 7`.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'
import { run, runNode } from './shared/run.js'

if (process.platform !== 'linux') {
  console.error('npm run fuzz:linux needs Linux')
  process.exit(1)
}
mkdirSync(join(root, 'build/fuzz'), { recursive: true })
const sources = readdirSync(join(root, 'fuzz/linux'))
  .filter(name => name.endsWith('.c'))
  .map(name => `fuzz/linux/${name}`)
const flags = ['-std=c11', '-O1', '-D_FILE_OFFSET_BITS=64', '-Wall', '-Wextra', '-Werror']
run(process.env.CC ?? 'cc', [...flags, '-o', 'build/fuzz/linux', ...sources])
runNode(['dist-test/fuzz/linux.js', ...process.argv.slice(2)])

// A program that depends on chance and time, run so that nothing is left to either: every run
// prints the same.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WASI } from 'wasi-common'
import { program } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'wasi-common-'))
for (const name of ['pear', 'apple', 'fig']) writeFileSync(join(folder, name), name)
const module = new WebAssembly.Module(program('chance'))

// Clocks begin at an instant; sleeping takes no time, but moves them; random bytes come from a
// seed.
const deterministic = { seed: 42, start: new Date('2030-01-01T12:00:00Z') }
const wasi = new WASI({
  version: 'preview1',
  args: ['chance', '/fruit'],
  preopens: { '/fruit': folder },
  deterministic,
})
wasi.start(wasi.instantiate(module))
rmSync(folder, { recursive: true })

// Prints:
// now 2030-01-01 12:00:00
// slept 60 seconds
// drew 652572191
// apple: inode 2, modified 1893499200
// fig: inode 3, modified 1893499200
// pear: inode 4, modified 1893499200

// A copy-on-write directory: the guest works on the host's files, the host's files stay, and what
// it changed can be looked at and taken.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MemoryFiles, run } from 'wasi-common'
import { program } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'wasi-common-'))
writeFileSync(join(folder, 'notes.txt'), 'keep me')

// The same database twice: it is there when the second program comes, though nothing of it is on
// disk.
const overlay = new MemoryFiles()
const made = await run(program('database'), {
  args: ['database', '/box/rows.db', '100'],
  preopens: { '/box': { path: folder, overlay } },
})
const walked = await run(program('walk'), {
  args: ['walk', '/box'],
  preopens: { '/box': { path: folder, overlay, readOnly: true } },
})
process.stdout.write(`${made.stdout}${walked.stdout}`)
console.log('on disk:', readdirSync(folder).join(' '))
for (const { kind, path } of overlay.changes()) console.log(kind, path)

// Applies the changes: first the removed files, then the others.
overlay.remove('notes.txt')
for (const { kind, path, from } of overlay.changes()) {
  if (kind === 'removed' || kind === 'renamed')
    rmSync(join(folder, from ?? path), { recursive: true, force: true })
}
for (const [path, bytes] of Object.entries(overlay.toRecord())) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  if (bytes instanceof Uint8Array) writeFileSync(join(folder, path), bytes)
}
console.log(
  'on disk:',
  readdirSync(folder).join(' '),
  readFileSync(join(folder, 'rows.db'), 'latin1').slice(0, 15),
)
rmSync(folder, { recursive: true })

// Prints:
// 100 rows, 50 above, 4650 letters, sum 478362030
// 2 files, 1 folders, 36871 bytes
// on disk: notes.txt
// created rows.db
// on disk: rows.db SQLite format 3

// Files without a disk: what the guest finds was never on one, and what it writes is taken from
// memory.
import { MemoryFiles, WASI } from 'wasi-common'
import { program } from './program.js'

const files = new MemoryFiles({
  'book/one.txt': 'first',
  'book/two.txt': 'the second',
  'empty/': '',
})
const box = new MemoryFiles({}, { quota: { bytes: 2 ** 20, entries: 100 } })

/** Run a program of guests/c to its end, with these directories. */
function run(name, args, preopens) {
  const wasi = new WASI({ version: 'preview1', args: [name, ...args], preopens })
  const code = wasi.start(wasi.instantiate(program(name)))
  wasi.close()
  return code
}

run('walk', ['/library'], { '/library': { files, readOnly: true } })

// A database that is in memory alone, until it is asked for.
run('database', ['/box/rows.db', '1000'], { '/box': { files: box } })
for (const { name, type } of box.list()) console.log(type, name)
console.log(new TextDecoder().decode(box.readFile('rows.db').subarray(0, 15)))

// Prints:
// 2 files, 3 folders, 15 bytes
// 1000 rows, 401 above, 37293 letters, sum 4086578299
// file rows.db
// SQLite format 3

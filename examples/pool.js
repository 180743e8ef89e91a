// Many runs of untrusted programs: workers are kept, modules are compiled once, and each run has
// nothing of the others.
import { Pool } from 'wasi-common'
import { program } from './program.js'

const pool = new Pool({ size: 2 })
const hello = await pool.compile(program('hello'), { maxMemory: 16 * 2 ** 20 })
const inputs = ['a', 'b', 'c', 'd']
const results = await Promise.all(inputs.map(input => pool.run(hello, { input, timeout: 10_000 })))
for (const { stdout } of results) console.log(stdout.toString())
await pool.close()

// Prints:
// a
// b
// c
// d

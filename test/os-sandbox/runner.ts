/** Runs a guest in a process of its own, with the wall that its argument names, and prints the result, or why there is none. */
import { run } from '#lib/index.js'
import { call, command } from '../wasm.js'

const wall = process.argv[2] as 'auto' | 'strict'
run(command([call('proc_exit', 5)]), { isolation: 'process', wall }).then(
  ({ exitCode, wall }) => console.log(JSON.stringify({ exitCode, wall })),
  error => console.log(error.code, error.message),
)

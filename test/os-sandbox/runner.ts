/** Runs a guest in a process of its own, with the option `wall` of its argument, if there is one, and prints the result or the error. */
import { run } from '#lib/index.js'
import { call, command } from '../wasm.js'

const wall = process.argv[2] as 'strict' | 'best-effort' | undefined
run(command([call('proc_exit', 5)]), { isolation: 'process', wall }).then(
  ({ exitCode, wall }) => console.log(JSON.stringify({ exitCode, wall })),
  error => console.log(error.code, error.message),
)

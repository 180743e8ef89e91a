/**
 * Runs a guest in a process of its own, with the option `wall` of its argument, if there is one,
 * and prints the result or the error.
 */
import { run } from '#lib/index.js'
import { call, command } from '../wasm.js'

// As where neither the kernel nor Node names its libraries; the addon's loader needs the rest of
// the report.
const { header } = process.report.getReport() as { header: unknown }
if (process.argv[3] === 'unreported') process.report.getReport = () => ({ header })
const wall = process.argv[2] as 'strict' | 'best-effort' | undefined
run(command([call('proc_exit', 5)]), { isolation: 'process', wall }).then(
  ({ exitCode, wall }) => console.log(JSON.stringify({ exitCode, wall })),
  error => console.log(error.code, error.message),
)

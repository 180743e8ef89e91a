/**
 * Runs a guest in a process of its own, with the option `osSandbox` of its argument, if there is one,
 * and prints the result or the error.
 */
import { run } from 'wasi-common'
import { call, command } from '../wasm.js'

// Simulates a system where neither the kernel nor Node names its libraries; the addon's loader
// needs the rest of the report.
const { header } = process.report.getReport() as { header: unknown }
if (process.argv[3] === 'unreported') process.report.getReport = () => ({ header })
const osSandbox = process.argv[2] as 'require' | 'best-effort' | undefined
run(command([call('proc_exit', 5)]), { isolation: 'process', osSandbox }).then(
  ({ exitCode, osSandbox }) => console.log(JSON.stringify({ exitCode, osSandbox })),
  error => console.log(error.code, error.message),
)

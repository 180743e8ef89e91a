/** A host of its own process: runs the entry that its first argument names in the OS sandbox, with the options in its second, and prints the outcome. */
import fs from 'node:fs'
import { dirname } from 'node:path'
import { runInProcess } from '#lib/run/walled.js'
import { command } from '../wasm.js'

const [entry, options = '{}'] = process.argv.slice(2)
const { say = 1, ...own } = JSON.parse(options)
runInProcess(command([]), { isolation: 'process', wall: 'strict', preopens: { '/': dirname(entry) }, ...own }, { entry }).then(
  ({ exitCode, stdout }) => fs.writeSync(say, `${stdout ?? ''}exit code ${exitCode}\n`),
  error => fs.writeSync(say, `${error.code} ${error.message}\n`),
)

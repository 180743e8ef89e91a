/**
 * A host of its own process: runs the entry that its first argument names, in the OS sandbox unless
 * its options say otherwise, and prints the outcome.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { runInProcess } from '#lib/run/process/run-in-process.js'
import { command } from '../wasm.js'

const [entry, options = '{}'] = process.argv.slice(2)
const { say = 1, sandboxed = true, ...own } = JSON.parse(options)
const box = dirname(entry)
// The attacks aim at this process, which has the same user.
const fixture = join(box, 'fixture.json')
if (fs.existsSync(fixture))
  fs.writeFileSync(
    fixture,
    JSON.stringify({ ...JSON.parse(fs.readFileSync(fixture, 'utf8')), host: process.pid }),
  )
const print = (text: string): void => void fs.writeSync(say, text)

if (sandboxed) {
  runInProcess(
    command([]),
    { isolation: 'process', osSandbox: 'require', preopens: { '/': box }, ...own },
    { entry },
  ).then(
    ({ exitCode, stdout }) => print(`${stdout ?? ''}exit code ${exitCode}\n`),
    error => print(`${error.code} ${error.message}\n`),
  )
} else {
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  // Replaces a request, for which the entry waits.
  ;(child.stdio[3] as Duplex).write(Buffer.alloc(4))
  child.on('close', (code, signal) => print(`ended ${signal ?? code}\n`))
}

// Runs the fuzzers side by side, or the one that is named, and hands on all other arguments:
// `gate`, `paths`, `files`, `channel`, `lowered`, `--seconds 60`, `--seed 7`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './root.js'

const all = ['gate', 'paths', 'files', 'channel', 'lowered']
const words = process.argv.slice(2)
const named = all.filter(name => words.includes(name))
const flags = words.filter(word => !all.includes(word))
const codes = (named.length > 0 ? named : all).map(async name => {
  const program = join(root, `dist-test/fuzz/${name}.js`)
  const [code] = await once(
    spawn(process.execPath, [program, ...flags], { stdio: 'inherit' }),
    'close',
  )
  return code
})
process.exitCode = (await Promise.all(codes)).every(code => code === 0) ? 0 : 1

/**
 * The demonstration: a compiler of third parties works in the sandbox, and so does what it
 * compiled, which then tries to get out.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commands, resources } from './toolchain.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'dist/bundle/cli.js')
const folder = join(root, '.demo')
const box = join(folder, 'box')
const secret = join(folder, 'secret.txt')
const trace = join(folder, 'trace.txt')

/** @param {string} text */
const say = text => console.log(`\n== ${text}`)
/** A word as one would type it, from the repository's own folder. @param {string} word */
const typed = word => {
  const short = word.replaceAll(root, '')
  return /[^\w@%+=:,./-]/.test(short) ? `'${short}'` : short
}

/** Run the command and show it. @param {string[]} args */
function run(args) {
  console.log(`$ wasi-common run ${args.map(typed).join(' ')}`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'run', ...args], {
    encoding: 'utf8',
  })
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  return status
}

/** @param {number | null} status @param {string} what */
function expect(status, what) {
  if (status === 0) return
  console.error(`${what} ended with ${status}`)
  process.exit(1)
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(join(box, 'notes'), { recursive: true })
writeFileSync(join(box, 'hello.txt'), 'good morning\n')
writeFileSync(secret, 'the secret\n')
symlinkSync('..', join(box, 'way-out'))

say(
  '1. clang, third-party code, compiles guests/c/demo.c. ' +
    'It sees its own files, the source to read, one folder to write.',
)
resources()
const { compile, link, program } = commands('demo', { to: folder })
expect(run(compile), 'clang')
say('2. Its linker makes a program of that, in the same way.')
expect(run(link), 'wasm-ld')

say(
  `3. The program runs with one folder, ${relative(root, box)}, ` +
    'which has a planted symlink to its parent.',
)
const status = run([
  `--trace=${trace}`,
  '--dir',
  `${box}::/box`,
  '--argv0',
  'demo',
  program,
  '/box',
  secret,
  'way-out',
])

say('What the host was asked on the ways out, and what it said:')
const lines = readFileSync(trace, 'utf8')
  .split('\n')
  .filter(line => line.includes('secret.txt') && line.startsWith('path_open'))
for (const line of lines) console.log(line)
expect(status, 'the program')
expect(
  lines.length === 3 && lines.every(line => / = NOTCAPABLE \(/.test(line)) ? 0 : 1,
  'the trace',
)

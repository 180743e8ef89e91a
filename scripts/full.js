// Runs the tests of large programs from npm, and of test runners: more than `npm test` has time and room for.
//
//   npm run test:full                 all of them
//   npm run test:full -- pandoc       those of test/full/pandoc.full.ts
//
// They need Linux, npm's registry, 500 MB of disk in build/full, 2 GB of memory, and five minutes on two processors.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = join(root, 'build/full')

function run(program, args, options = {}) {
  const { status, signal } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${signal ?? status}`)
}

/** Copies a folder of test/full into the scratch folder and installs exactly what its lock file names. */
function install(name) {
  const [from, to] = [join(root, 'test/full', name), join(scratch, name)]
  const lock = join(from, 'package-lock.json')
  const installed = join(to, 'installed.json')
  const current = existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))
  if (!current) rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true })
  if (current) return
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: to })
  // Tests of the runners import this package by its name.
  mkdirSync(join(to, 'node_modules'), { recursive: true })
  symlinkSync(root, join(to, 'node_modules/wasi-common'))
  cpSync(lock, installed)
}

for (const name of ['packages', 'runners']) install(name)
const files = process.argv.slice(2).map(name => `dist-test/test/full/${name}.full.js`)
run(process.execPath, ['node_modules/ava/entrypoints/cli.mjs', '--config', 'scripts/full.config.js', ...files], {
  env: { ...process.env, WASI_COMMON_FULL: scratch },
})

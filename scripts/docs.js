// Writes docs/reference/: the reference of all that lib/index.ts exports, from its comments. Whatever is public and has no words, and
// every link that leads nowhere, is an error.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** typedoc and its compiler: not the one that builds the package, which has no interface for programs. */
const folder = fileURLToPath(new URL('typedoc/', import.meta.url))
const time = name => (existsSync(folder + name) ? statSync(folder + name).mtimeMs : 0)

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (time('node_modules/.package-lock.json') <= Math.max(time('package-lock.json'), time('package.json'))) {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, shell: process.platform === 'win32' })
}
rmSync(`${root}docs/reference`, { recursive: true, force: true })
run(process.execPath, ['node_modules/typedoc/bin/typedoc', '--options', 'typedoc.json'], { cwd: folder })

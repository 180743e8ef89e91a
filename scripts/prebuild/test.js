// Runs the tests on what is in prebuilds/ for this machine, in place of what was built here:
// arguments go to ava.
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'

const [built, aside] = ['Release', 'Release aside'].map(name => join(root, 'build', name))
if (existsSync(built)) renameSync(built, aside)
try {
  const find = "import('#lib/sys/native/sys.js').then(({ addonFile }) => console.log(addonFile()))"
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', find], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  console.log(`the tests on ${stdout.trim()}`)
  const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
  process.exitCode =
    spawnSync(process.execPath, [ava, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
      .status ?? 1
} finally {
  if (existsSync(aside)) renameSync(aside, built)
}

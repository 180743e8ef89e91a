// Runs the tests of large programs from npm, and of test runners: more than `npm test` has time and
// room for.
//
//   npm run test:full                 all of them
//   npm run test:full -- pandoc       those of test/full/pandoc.full.ts
//
// They need Linux, npm's registry, 500 MB of disk in build/full, 2 GB of memory, and five minutes
// on two processors.
import { cpSync, existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'
import { install } from './shared/install.js'
import { runNode } from './shared/run.js'

const scratch = join(root, 'build/full')

/**
 * Copies a folder of test/full into the scratch folder, and installs what its lock names.
 * @param {string} name
 */
function prepare(name) {
  const [from, to] = [join(root, 'test/full', name), join(scratch, name)]
  for (const old of existsSync(to) ? readdirSync(to) : []) {
    if (old !== 'node_modules') rmSync(join(to, old), { recursive: true })
  }
  cpSync(from, to, { recursive: true })
  install(to)
  // Tests of the runners import this package by its name.
  const link = join(to, 'node_modules/wasi-common')
  if (!existsSync(link)) symlinkSync(root, link)
}

for (const name of ['packages', 'runners']) prepare(name)
const files = process.argv.slice(2).map(name => `dist-test/test/full/${name}.full.js`)
runNode(['node_modules/ava/entrypoints/cli.mjs', '--config', 'scripts/full.config.js', ...files], {
  env: { ...process.env, WASI_COMMON_FULL: scratch },
})

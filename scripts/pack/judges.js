// Has the tarball judged by publint and by are-the-types-wrong.
import { join } from 'node:path'
import { root } from '../root.js'
import { install } from '../shared/install.js'

/** @type {import('../pack-check.js').Part} */
export async function judges({ tarball, run }) {
  const folder = join(root, 'scripts/linters')
  install(folder)
  const linters = join(folder, 'node_modules')
  await run('publint', process.execPath, [
    join(linters, 'publint/src/cli.js'),
    'run',
    tarball,
    '--strict',
  ])
  const options = ['--profile', 'node16', '--no-emoji', '--no-color']
  await run('are the types wrong', process.execPath, [
    join(linters, '@arethetypeswrong/cli/dist/index.js'),
    tarball,
    ...options,
  ])
}

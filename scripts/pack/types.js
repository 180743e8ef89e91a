// Types a consumer in TypeScript, as programs for Node and as those for bundlers look for types.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../prebuild/tools.js'
import { typed } from './consumers.js'

const ways = [
  ['node16', 'node16', ['use.mts', 'use.cts']],
  ['nodenext', 'nodenext', ['use.mts', 'use.cts']],
  ['esnext', 'bundler', ['use.ts']],
]

export async function types({ unpacked, work, run }) {
  for (const name of ['use.mts', 'use.cts', 'use.ts']) writeFileSync(join(work, name), typed)
  mkdirSync(join(work, 'node_modules'))
  cpSync(unpacked, join(work, 'node_modules/wasi-common'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types'), join(work, 'node_modules/@types'), 'junction')
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  for (const [module, moduleResolution, files] of ways) {
    const more = ['--target', 'es2022', '--types', 'node', '--module', module, '--moduleResolution', moduleResolution]
    const args = [tsc, '--pretty', 'false', '--strict', '--noEmit', ...more, ...files]
    await run(`types by ${moduleResolution}`, process.execPath, args, { cwd: work })
  }
}

// Types a consumer in TypeScript, as programs for Node and as those for bundlers look for types, by
// old compilers and by the newest.
// are-the-types-wrong finds the files of types, and compiles none of them.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { inTurns } from '../shared/run.js'
import { typed } from './consumers.js'

/** @type {[module: string, moduleResolution: string, files: string[]][]} */
const ways = [
  ['node16', 'node16', ['use.mts', 'use.cts']],
  ['esnext', 'bundler', ['use.ts']],
]
/**
 * Those of the newest compiler: in older ones, it is the same as node16.
 * @type {typeof ways}
 */
const newest = [...ways, ['nodenext', 'nodenext', ['use.mts', 'use.cts']]]

/** @type {import('../pack-check.js').Part} */
export async function types({ unpacked, work, run, tools }) {
  const old = await tools('types')
  const here = join(root, 'node_modules')
  const compilers = [
    { compiler: join(old, 'typescript-5.4'), others: old, ways },
    { compiler: join(old, 'typescript-5.7'), others: old, ways },
    { compiler: join(here, 'typescript'), others: here, ways: newest },
  ]
  const jobs = compilers.flatMap(({ compiler, others, ways }) => {
    const { version } = JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8'))
    const app = join(work, version)
    for (const name of ['@types/node', 'undici-types'])
      cpSync(join(others, name), join(app, 'node_modules', name), { recursive: true })
    cpSync(unpacked, join(app, 'node_modules/wasi-common'), { recursive: true })
    for (const name of ['use.mts', 'use.cts', 'use.ts']) writeFileSync(join(app, name), typed)
    return ways.map(([module, moduleResolution, files]) => async () => {
      const more = [
        '--target',
        'es2022',
        '--types',
        'node',
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
      ]
      const args = [
        join(compiler, 'bin/tsc'),
        '--pretty',
        'false',
        '--strict',
        '--noEmit',
        '--skipLibCheck',
        'false',
        ...more,
        ...files,
      ]
      const said = await run(
        `types by ${moduleResolution} of TypeScript ${version}`,
        process.execPath,
        args,
        { cwd: app },
      )
      return {
        table: 'Types',
        row: `TypeScript ${version}`,
        column: moduleResolution,
        cell: said === '' ? 'works' : 'fails',
      }
    })
  })
  return inTurns(2, jobs)
}

/** @esbuild/wasi-preview1: a bundler written in Go, which looks through folders in its own way. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { esbuild } from '#guests/modules.js'
import { backends, run, scratch } from './cli.js'

/**
 * esbuild asks for every folder from the root down to the one it works in. Go answers EBADF for a
 * path that no preopen covers, without asking the host, and esbuild stops there; so `/` has to be
 * given too, and an otherwise empty folder with the names on the way will do.
 */
function project(folder: string) {
  const root = join(folder, 'root')
  const source = join(folder, 'source')
  mkdirSync(join(root, 'work'), { recursive: true })
  mkdirSync(join(source, 'parts'), { recursive: true })
  writeFileSync(
    join(source, 'main.ts'),
    `import { double } from './parts/double'\nimport data from './data.json'\nconst answer: number = double(data.number)\nresult.push(answer)\n`,
  )
  writeFileSync(
    join(source, 'parts', 'double.ts'),
    `export const double = (x: number): number => x * 2\nexport const unused = () => 'never called'\n`,
  )
  writeFileSync(join(source, 'data.json'), `{ "number": 21 }\n`)
  return {
    source,
    mounts: [
      '--dir',
      `${root}::/::ro`,
      '--dir',
      `${source}::/work/source`,
      '--env',
      'PWD=/work/source',
    ],
  }
}

for (const backend of backends) {
  test.serial(`esbuild writes a bundle to a folder deep in the tree (${backend})`, t => {
    t.timeout(60_000)
    const { source, mounts } = project(scratch(t))
    const { status, stderr } = run(backend, [
      ...mounts,
      esbuild(),
      'main.ts',
      '--bundle',
      '--sourcemap',
      '--outdir=out',
    ])
    t.is(status, 0, stderr)
    t.deepEqual(readdirSync(join(source, 'out')).sort(), ['main.js', 'main.js.map'])
    const bundle = readFileSync(join(source, 'out', 'main.js'), 'utf8')
    const result: number[] = []
    runInNewContext(bundle, { result })
    t.deepEqual(result, [42])
    t.false(bundle.includes('never called'), 'unused code is left out')
    t.deepEqual(JSON.parse(readFileSync(join(source, 'out', 'main.js.map'), 'utf8')).sources, [
      '../parts/double.ts',
      '../data.json',
      '../main.ts',
    ])
  })

  test.serial(`esbuild writes a bundle to standard output (${backend})`, t => {
    t.timeout(60_000)
    const { source, mounts } = project(scratch(t))
    const { status, stdout, stderr } = run(backend, [
      ...mounts,
      esbuild(),
      '/work/source/main.ts',
      '--bundle',
      '--minify',
    ])
    t.is(status, 0, stderr)
    const result: number[] = []
    runInNewContext(stdout, { result })
    t.deepEqual(result, [42])
    t.deepEqual(readdirSync(source).sort(), ['data.json', 'main.ts', 'parts'])
  })

  test.serial(`esbuild bundles a source in a read-only folder to another (${backend})`, t => {
    t.timeout(60_000)
    // Go asks for the right to allocate whenever it opens a file, also only to read it. A host that
    // takes this for a wish to write keeps every Go program from reading in a read-only folder, and
    // files the user may not write.
    const folder = scratch(t)
    const { source } = project(folder)
    const out = join(folder, 'out')
    mkdirSync(out)
    const mounts = [
      '--dir',
      `${join(folder, 'root')}::/::ro`,
      '--dir',
      `${source}::/source::ro`,
      '--dir',
      `${out}::/out`,
    ]
    const { status, stderr } = run(backend, [
      ...mounts,
      esbuild(),
      '/source/main.ts',
      '--bundle',
      '--outfile=/out/main.js',
    ])
    t.is(status, 0, stderr)
    const result: number[] = []
    runInNewContext(readFileSync(join(out, 'main.js'), 'utf8'), { result })
    t.deepEqual(result, [42])
    t.is(
      run(backend, [
        ...mounts,
        esbuild(),
        '/source/main.ts',
        '--bundle',
        '--outfile=/source/main.js',
      ]).status,
      1,
    )
    t.deepEqual(readdirSync(source).sort(), ['data.json', 'main.ts', 'parts'])
  })

  test.serial(`esbuild transforms standard input without any folder (${backend})`, t => {
    t.timeout(60_000)
    const { status, stdout, stderr } = run(
      backend,
      [esbuild(), '--loader=ts'],
      'let x: number = 1 as any\nexport { x }\n',
    )
    t.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: 'let x = 1;\nexport { x };\n', stderr: '' },
    )
  })

  test.serial(`esbuild reports a missing import with its place (${backend})`, t => {
    t.timeout(60_000)
    const { source, mounts } = project(scratch(t))
    writeFileSync(join(source, 'main.ts'), `import './nowhere'\nimport '../../../etc/passwd'\n`)
    const { status, stdout, stderr } = run(backend, [...mounts, esbuild(), 'main.ts', '--bundle'])
    t.is(status, 1)
    t.is(stdout, '')
    t.regex(stderr, /Could not resolve "\.\/nowhere"\s+main\.ts:1:7:/)
    t.regex(stderr, /Could not resolve "\.\.\/\.\.\/\.\.\/etc\/passwd"\s+main\.ts:2:7:/)
  })
}

/**
 * Programs that run twice, each time in a copy of the same tree: with `--deterministic` nothing
 * they say or ask is another.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { esbuild, ripgrep } from '#guests/modules.js'
import { type Backend, backends, guest, run, scratch } from './cli.js'

/** A tree of files, made in this order of names. */
function tree(root: string, order: (names: string[]) => string[]): void {
  mkdirSync(root)
  const files: Readonly<Record<string, string>> = {
    'main.ts': `import { double } from './parts/double'\nimport data from './data.json'\nconsole.log(double(data.number))\n`,
    'data.json': '{ "number": 21 }\n',
    'parts/double.ts': 'export const double = (x: number): number => x * 2\n',
    'parts/unused.ts': 'export const needle = 1\n',
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `many/file-${i}.txt`,
        i % 7 === 0 ? 'a needle\n' : 'hay\n',
      ]),
    ),
  }
  for (const name of order(Object.keys(files))) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), files[name])
  }
  symlinkSync('many/file-7.txt', join(root, 'link'))
}

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly trace: string
}
/** Run it once; what it said, and what it asked. */
function once(
  backend: Backend,
  folder: string,
  flags: readonly string[],
  words: readonly string[],
): Ran {
  const trace = join(folder, 'trace')
  const mounts = ['--dir', `${join(folder, 'root')}::/`, '--dir', `${join(folder, 'tree')}::/tree`]
  const { status, stdout, stderr } = run(backend, [
    ...flags,
    `--trace=${trace}`,
    ...mounts,
    ...words,
  ])
  return { status, stdout, stderr, trace: readFileSync(trace, 'utf8') }
}

/**
 * Two copies of a tree whose files were made in another order, at another time, on places of the
 * disk of their own.
 */
function copies(t: ExecutionContext): [string, string] {
  const [one, other] = [scratch(t), scratch(t)]
  tree(join(one, 'tree'), names => names)
  for (let i = 0; i < 10; i++) writeFileSync(join(other, `other-${i}`), '')
  tree(join(other, 'tree'), names => names.toReversed())
  utimesSync(join(other, 'tree', 'main.ts'), 1e9, 1e9)
  for (const folder of [one, other]) mkdirSync(join(folder, 'root', 'tree'), { recursive: true })
  return [one, other]
}

/** Each program by its name: the words behind the options. */
const programs: Readonly<Record<string, () => Promise<readonly string[]> | readonly string[]>> = {
  esbuild: () => [
    '--env',
    'PWD=/tree',
    esbuild(),
    'main.ts',
    '--bundle',
    '--sourcemap',
    '--metafile=meta.json',
    '--outdir=out',
  ],
  ripgrep: async () => ['--argv0', 'rg', await ripgrep(), '-n', 'needle', '/tree'],
  'ripgrep --files': async () => ['--argv0', 'rg', await ripgrep(), '--files', '--hidden', '/tree'],
  'chance.c': () => [guest('chance'), '/tree/many'],
  'files.c': () => [guest('files'), '/tree'],
  'walk.c': () => [guest('walk'), '/tree', '2'],
  'read.c': () => [guest('read'), '/tree/many/file-7.txt', '3'],
}
for (const backend of backends) {
  for (const [name, words] of Object.entries(programs)) {
    test.serial(`${name}: two deterministic runs make the same calls (${backend})`, async t => {
      t.timeout(120_000)
      const [one, other] = copies(t)
      const flags =
        name === 'read.c' ? ['--deterministic', '--trace-format=json'] : ['--deterministic']
      const first = once(backend, one, flags, await words())
      const second = once(backend, other, flags, await words())
      t.is(first.status, 0, first.stderr + first.stdout)
      t.true(first.trace.split('\n').length > 10)
      t.is(second.trace, first.trace)
      t.deepEqual(second, first)
      if (name === 'esbuild') {
        for (const file of readdirSync(join(one, 'tree', 'out'))) {
          t.is(
            readFileSync(join(other, 'tree', 'out', file), 'utf8'),
            readFileSync(join(one, 'tree', 'out', file), 'utf8'),
          )
        }
        t.true(existsSync(join(one, 'tree', 'out', 'main.js')))
      }
    })
  }
}

test.serial('two runs without deterministic differ', async t => {
  t.timeout(120_000)
  const [one, other] = copies(t)
  const words = programs.esbuild
  const first = once('native', one, [], await words())
  const second = once('native', other, [], await words())
  t.is(first.status, 0, first.stderr)
  t.not(second.trace, first.trace)
})

/**
 * Real programs, adapted to components of WASI 0.2: the same output, exit code and files as the
 * modules on preview 1, and as on wasmtime where it is installed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { componentOf } from '#guests/components.js'
import { sources } from '#guests/toolchain.js'
import { guest, run, scratch } from '../programs/cli.js'
import { allBindings, type RunComponentOptions, runComponent } from './fixture.js'
import { type Program, programs } from './programs.js'
import { treeOf } from './tree.js'
import { hasWasmtime, onWasmtime } from './wasmtime.js'

const steps = readFileSync(join(sources, 'files.c'), 'utf8').split('STEP("').length - 1

/** The outcome, and the files that it left. */
interface Outcome {
  readonly exitCode: number | 'trap'
  readonly stdout: string
  readonly stderr: string
  readonly tree: Record<string, string>
}
/** Prepares the folder of a program, and looks at it afterwards. */
async function within(
  t: ExecutionContext,
  { prepare }: Program,
  use: (work: string) => Promise<Omit<Outcome, 'tree'>>,
): Promise<Outcome> {
  const folder = scratch(t)
  const work = join(folder, 'work')
  mkdirSync(work)
  writeFileSync(join(folder, 'outside'), 'needle outside\n')
  prepare?.(work)
  const outcome = await use(work)
  t.is(readFileSync(join(folder, 'outside'), 'utf8'), 'needle outside\n')
  const { work: _, ...tree } = treeOf(folder)
  return { ...outcome, tree }
}

/** The message of NOTCAPABLE, as the C library has it, becomes that of `not-permitted`. */
const asNamed = (text: string): string =>
  text
    .replaceAll('Capabilities insufficient', 'Operation not permitted')
    .replaceAll('os error 76', 'os error 63')

async function asModule(t: ExecutionContext, program: Program): Promise<Outcome> {
  const { args, env = {}, input = '', mounts = () => ({}) } = program
  const module = await program.module()
  return within(t, program, async work => {
    const options = [
      ...['--argv0', args[0] ?? '', '--dir', `${work}::/work`],
      ...Object.entries(mounts()).flatMap(([name, path]) => ['--dir', `${path}::${name}::ro`]),
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ]
    const { status, stdout, stderr } = run('native', [...options, module, ...args.slice(1)], input)
    // wasi:cli/exit has no other code than 0 and 1.
    return { exitCode: status === 0 ? 0 : 1, stdout: asNamed(stdout), stderr: asNamed(stderr) }
  })
}

for (const [name, program] of Object.entries(programs)) {
  const { args, env = {}, input = '', mounts = () => ({}), prints, differs = {} } = program
  const { bindings: some = allBindings } = program
  test.serial(`${name}: the component does what the module does`, async t => {
    t.timeout(300_000)
    const component = await componentOf(readFileSync(await program.module()))
    const outcomes: Record<string, Outcome> = {}
    for (const bindings of some)
      outcomes[bindings] = await within(t, program, work => {
        const readOnly = Object.entries(mounts()).map(
          ([name, path]) => [name, { path, readOnly: true }] as const,
        )
        const preopens = { '/work': work, ...Object.fromEntries(readOnly) }
        return runComponent(component, { bindings, args, env, input, preopens })
      })
    const { hybrid, js } = outcomes
    if (some === allBindings) t.deepEqual(js, hybrid)
    if (prints === undefined) t.true(hybrid !== undefined && hybrid.stdout.length > 0)
    else t.is(hybrid?.stdout, prints)
    if (differs.module === undefined) t.deepEqual(hybrid, await asModule(t, program))
    if (!hasWasmtime) {
      t.log('not compared with wasmtime: `python3` has no package wasmtime')
      return
    }
    if (differs.wasmtime !== undefined) {
      t.log(`not compared with wasmtime: ${differs.wasmtime}`)
      return
    }
    const theirs = await within(t, program, async work =>
      onWasmtime(component, { args, env, input, preopens: { '/work': work, ...mounts() } }),
    )
    t.deepEqual(hybrid, theirs)
  })
}

/** Steps that the adapter cannot do, on every host. */
const impossible = [
  'FAIL readv 0 (wrong answer)',
  'FAIL writev 0 (wrong answer)',
  // They find the file shorter than writev should have made it.
  'FAIL ftruncate_shorter 0 (wrong answer)',
  'FAIL ftruncate_longer 0 (wrong answer)',
  'FAIL posix_fallocate 58 (Not supported)',
]
const places: Readonly<Record<string, (work: string) => RunComponentOptions>> = {
  'a directory': work => ({ preopens: { '/work': work } }),
  'a directory of the typescript backend': work => ({
    backend: 'typescript',
    preopens: { '/work': work },
  }),
  memory: () => ({ preopens: { '/work': { files: {} } } }),
  'an overlay': work => ({ preopens: { '/work': { path: work, overlay: true } } }),
}
for (const [place, options] of Object.entries(places))
  test.serial(`in ${place}, the file exerciser fails only what the adapter cannot do`, async t => {
    t.timeout(300_000)
    const component = await componentOf(readFileSync(guest('files')))
    for (const bindings of allBindings) {
      const work = scratch(t)
      const { stdout } = await runComponent(component, {
        bindings,
        args: ['files', '/work'],
        ...options(work),
      })
      const lines = stdout.trimEnd().split('\n')
      t.deepEqual(
        lines.filter(line => !line.startsWith('ok ')),
        impossible,
      )
      t.is(lines.length, steps)
      t.deepEqual(readdirSync(work), [])
    }
  })

test.serial('in a read-only directory, the file exerciser changes nothing', async t => {
  t.timeout(300_000)
  const component = await componentOf(readFileSync(guest('files')))
  for (const bindings of allBindings) {
    const work = scratch(t)
    writeFileSync(join(work, 'a.txt'), 'as it was')
    const before = treeOf(work)
    const { exitCode, stdout } = await runComponent(component, {
      bindings,
      args: ['files', '/work'],
      preopens: { '/work': { path: work, readOnly: true } },
    })
    t.is(exitCode, 1)
    t.regex(stdout, /^FAIL mkdir 69 \(Read-only file system\)$/m)
    t.deepEqual(treeOf(work), before)
  }
})

test.serial('with hybrid bindings, an empty variable and an empty argument arrive', async t => {
  t.timeout(300_000)
  const component = await componentOf(readFileSync(guest('hello')))
  const { stdout } = await runComponent(component, {
    args: ['', '0', ''],
    env: { EMPTY: '', LAST: 'x' },
  })
  t.is(stdout, 'arg 0 \narg 1 0\narg 2 \nenv EMPTY=\nenv LAST=x\n')
})

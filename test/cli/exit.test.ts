/** The end of the command: Node's own for what observes it, at once for every other. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { isObserved } from '#lib/cli/observers.js'
import { main, scratch } from '../programs/cli.js'
import { call, command } from '../wasm.js'

test('profiles, traces, a debugger and code of the user observe, limits and flags of V8 do not', t => {
  const observing = [
    ...['--cpu-prof', '--heap-prof', '--prof', '--trace-events-enabled', '--inspect-brk=0'],
    ...['--require=./a.cjs', '-r', '--import', '--loader=./a.mjs', '--experimental-loader=./a.mjs'],
  ]
  for (const flag of observing) {
    t.true(isObserved([flag], {}), flag)
    t.true(isObserved([], { NODE_OPTIONS: `--no-warnings ${flag}` }), flag)
  }
  t.true(isObserved([], { NODE_OPTIONS: '"--require=./with a space.cjs"' }))
  t.true(isObserved([], { NODE_V8_COVERAGE: '/tmp' }))
  const others = [
    ...['--max-old-space-size=4096', '--wasm-lazy-compilation', '--liftoff-only', '--no-warnings'],
    ...['--permission', '--stack-size=2000', '--allow-fs-read=*', '--enable-source-maps'],
  ]
  t.false(isObserved(others, { NODE_OPTIONS: others.join(' ') }))
  t.false(isObserved([], {}))
})

test("a limit keeps the command from Node's own end, a profile gets it", t => {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'program.wasm'), command([call('proc_exit', 3)]))
  const entry = `process.on('exit', () => require('node:fs').writeSync(1, 'own end'))
    require(${JSON.stringify(main)})`
  fs.writeFileSync(join(folder, 'entry.cjs'), entry)
  for (const [flag, printed] of [
    ['--max-old-space-size=500', ''],
    ['--cpu-prof', 'own end'],
  ]) {
    const words = [flag, 'entry.cjs', 'run', 'program.wasm']
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })
    t.deepEqual([status, stdout], [3, printed], flag)
  }
})

test('a profile of the command is written', t => {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'program.wasm'), command([call('proc_exit', 3)]))
  const words = ['--cpu-prof', '--cpu-prof-dir=profiles', main, 'run', 'program.wasm']
  t.is(spawnSync(process.execPath, words, { cwd: folder }).status, 3)
  t.is(fs.readdirSync(join(folder, 'profiles')).length, 1)
})

const { flushCompileCache } = process.getBuiltinModule('node:module') as {
  flushCompileCache?: unknown
}
const caching = flushCompileCache === undefined ? test.skip : test
const why = flushCompileCache === undefined ? ' [this Node has none]' : ''
caching(`the cache of compiled code that NODE_COMPILE_CACHE names has the command${why}`, t => {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'program.wasm'), command([call('proc_exit', 3)]))
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') }
  const ran = () => spawnSync(process.execPath, [main, 'run', 'program.wasm'], { cwd: folder, env })
  t.is(ran().status, 3)
  const [own = ''] = fs.readdirSync(env.NODE_COMPILE_CACHE)
  const entries = fs.readdirSync(join(env.NODE_COMPILE_CACHE, own))
  t.true(entries.length >= 3, `${entries}`)
  t.is(ran().status, 3)
  t.deepEqual(fs.readdirSync(join(env.NODE_COMPILE_CACHE, own)), entries)
})

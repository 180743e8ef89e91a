/** The bench leaves no hostcall out, and what it is compared with knows its rows. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { table } from '#lib/abi/table.js'
import { groups } from '../../bench/calls.js'
import { rows as componentRows } from '../../bench/components/calls.js'
import { programs } from '../../bench/components/programs.js'
import { doors, doorTable } from '../../bench/door-calls.js'
import { between, wrapped } from '../../bench/page.js'
import { peerCalls } from '../../bench/peers/calls.js'
import { callTable, programTable } from '../../bench/peers/report.js'
import { commandOf, findPeers, onPath, peerSides } from '../../bench/peers/sides.js'
import { heading, page, summary } from '../../bench/summary.js'

const rows = groups.flatMap(({ rows }) => rows)

test('every hostcall has a row in the benchmark', t => {
  const words = new Set(rows.flatMap(({ name }) => name.match(/\w+/g) ?? []))
  t.deepEqual(
    Object.keys(table).filter(name => !words.has(name)),
    [],
  )
})

test('each row of the benchmark is measured or has a reason', t => {
  for (const { name, loop, measure, without } of rows)
    t.true(loop !== undefined || measure !== undefined || without !== undefined, name)
  t.is(new Set(rows.map(({ name }) => name)).size, rows.length)
})

test('each row of components has a name of its own, and a goal only with a side to compare', t => {
  const names = [...componentRows, ...programs].map(({ name }) => name)
  t.is(new Set(names).size, names.length)
  for (const { name, module, moduleGoal } of componentRows)
    t.true(module !== undefined || moduleGoal === undefined, name)
})

test('every case of floor.c is a row of the benchmark', t => {
  const known = rowsOf('bench/floor.c')
  t.true(known.length > 40)
  t.deepEqual(
    known.filter(name => !rows.some(row => row.name === name)),
    [],
  )
})

/** The rows of a program in C. */
function rowsOf(path: string): string[] {
  const source = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  return [...source.matchAll(/^ {4}\{"([^"]+)", /gm)].map(([, name]) => name)
}

test('the calls that are compared with peers are those of the guest, but for one', t => {
  // Some peers end a guest for a result outside of memory.
  const guest = rowsOf('guests/c/calls.c').filter(name => name !== 'fd_fdstat_get, EFAULT')
  t.deepEqual(guest, [...peerCalls])
})

test('a peer that is not on PATH is named with the way to install it, and has no command', t => {
  const messages: string[] = []
  const peers = findPeers(message => messages.push(message), '')
  t.deepEqual(peers, {})
  t.is(messages.length, 2)
  t.regex(messages[0], /^wasmtime is not on PATH.*`cargo install wasmtime-cli` installs it$/)
  t.regex(messages[1], /^wazero is not on PATH.*`go install .*` installs it$/)
  const guest = { module: 'a.wasm', args: ['a', 'b'], preopens: { '/box': '/tmp/x' } }
  const without = peerSides.filter(side => commandOf(side, peers, '/cache', guest) === undefined)
  t.deepEqual(without, ['C', 'wasmtime', 'wazero'])
})

if (process.platform !== 'win32')
  test('a peer on PATH is found with its version, and gets the folder and the arguments', t => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'wasi-common-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    for (const [name, says] of [
      ['wasmtime', 'wasmtime 48.0.8 (abc 2026-01-01)'],
      ['wazero', 'v1.12.0'],
    ]) {
      writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\n`)
      chmodSync(join(folder, name), 0o755)
    }
    writeFileSync(join(folder, 'other'), '')
    const path = `${join(folder, 'none')}${delimiter}${folder}`
    t.is(onPath('other', path), undefined, 'no program')
    const peers = findPeers(t.fail, path)
    const [wasmtime, wazero] = [join(folder, 'wasmtime'), join(folder, 'wazero')]
    t.deepEqual(peers, {
      wasmtime: { file: wasmtime, version: '48.0.8' },
      wazero: { file: wazero, version: '1.12.0' },
    })
    const guest = {
      ...{ module: 'a.wasm', args: ['a', 'b'], preopens: { '/box': '/tmp/x' } },
      native: ['a.out', 'b'],
    }
    const command = (side: (typeof peerSides)[number]) => commandOf(side, peers, '/cache', guest)
    t.deepEqual(command('C'), ['a.out', 'b'])
    t.deepEqual(command('wasmtime'), [wasmtime, 'run', '--dir', '/tmp/x::/box', 'a.wasm', 'b'])
    t.deepEqual(command('wazero'), [
      ...[wazero, 'run', '-cachedir=/cache', '-mount=/tmp/x:/box', 'a.wasm', 'b'],
    ])
    t.deepEqual(command('the command')?.slice(2), [
      ...['run', '--dir', '/tmp/x::/box', 'a.wasm', 'b'],
    ])
  })

test('tables of peers have ratios, the least in bold, and a dash for what was not run', t => {
  const own = { 'the command': [10, 20, 30] }
  const cells = (text: string, row: number): string[] =>
    text
      .split('\n')
      [row].split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
  const times = { ...own, C: [5, 10, 15], 'node:wasi': [20, 40, 60], wazero: [9, 18, 27] }
  const programs = programTable([
    { name: 'a', times },
    { name: 'b', times: own },
  ])
  t.deepEqual(cells(programs, 2), ['a', '0.50', '2.00', '–', '–', '**0.90**', '20.0'])
  t.deepEqual(cells(programs, 3), ['b', '–', '–', '–', '–', '–', '**20.0**'])
  const calls = callTable([
    { name: 'c', times: { ...times, 'class WASI': [8, 16, 24] }, errnos: { wasmtime: 58 } },
  ])
  t.regex(calls, /^- wasmtime refuses c: NOTSUP$/m)
  t.deepEqual(cells(calls, 2), ['c', '10.0', '4.00', '**1.60**', '2.00', '–', '1.80'])
})

test('the tables of peers have their place in the documentation', t => {
  const page = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8')
  t.regex(between(page, 'Peers', 'the tables'), /<!-- Peers -->\nthe tables\n<!-- \/Peers -->/)
  const long = `| ${'a '.repeat(60)}|`
  const words = (count: number): string => Array(count).fill('word').join(' ')
  t.is(wrapped(`${long}\n\n${words(25)}\nshort`), `${long}\n\n${words(19)}\n${words(6)}\nshort`)
  t.throws(() => between(page, 'Others', ''), { message: /no marks <!-- Others -->/ })
})

test('a door that is slower than class WASI is in bold, and all calls together have a goal', t => {
  const text = doorTable({
    'class WASI': { a: 100, b: 10 },
    createGuest: { a: 104, b: 10 },
    'the command': { a: 200, b: 10 },
  })
  t.regex(text, /\| a +\| +100 \| +1\.04 \| +\*\*2\.00\*\* \|/)
  t.regex(text, /1\.02 \(≤ 1\.05\) \| +1\.41 \(not ≤ 1\.05\) \|/)
})

test('every door runs the module in the folder with the arguments', t => {
  t.is(new Set(doors.map(({ name }) => name)).size, doors.length)
  for (const { name, command } of doors) {
    const words = command('a.wasm', '/tmp/x', ['b', 'c'])
    t.true(words.includes('a.wasm'), name)
    t.deepEqual(words.slice(-2), ['b', 'c'], name)
    t.true(
      words.some(word => word.startsWith('/tmp/x')),
      name,
    )
  }
})

test('--help prints the options, and a wrong one is told with them', t => {
  const bench = fileURLToPath(new URL('../../bench/bench.js', import.meta.url))
  const told = (...words: string[]) =>
    spawnSync(process.execPath, [bench, ...words], { encoding: 'utf8' })
  const { status, stdout, stderr } = told('--help')
  t.deepEqual([status, stderr], [0, ''])
  for (const option of ['--quick', '--only', '--repetitions', '--peers', '--write'])
    t.true(stdout.includes(`\n  ${option} `), option)
  for (const [words, why] of [
    [['--nope'], "Unknown option '--nope'"],
    [['--only', '['], 'Invalid regular expression'],
    [['--repetitions', '0'], "--repetitions: expected a number from 1, received '0'"],
    [['--write'], '--write: expected a whole run with --peers'],
  ] as const) {
    const { status, stderr } = told(...words)
    t.is(status, 2)
    t.true(stderr.startsWith(why) && stderr.endsWith(stdout), stderr)
  }
})

test('docs/benchmarks.md has the table of the results that are kept', t => {
  const kept = between(readFileSync(page, 'utf8'), heading, wrapped(summary()))
  t.is(
    readFileSync(page, 'utf8'),
    kept,
    'renew it: node dist-test/bench/summary.js --write writes it',
  )
  t.regex(kept, /^\| `fd_tell` .* \| +[\d.]+ \/ /m)
})

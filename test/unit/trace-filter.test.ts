/** The option `traceFilter`: which hostcalls its patterns select, and which patterns are mistakes. */
import test from 'ava'
import { createGuest, Pool, run, WASI } from 'wasi-common'
import { table } from '#lib/abi/table.js'
import { functionNames } from '#lib/function-names.js'
import { selected, traceFilterOf } from '#lib/options/trace-filter.js'
import { call, command, drop } from '../wasm.js'

const names = [...Object.keys(table), ...functionNames]
const calls = (...patterns: string[]): readonly string[] =>
  traceFilterOf('options.filter', patterns)

test('a pattern selects by the whole name, with * for any characters', t => {
  t.deepEqual(calls('fd_read'), ['fd_read'])
  t.deepEqual(
    calls('*_get'),
    names.filter(name => name.endsWith('_get')),
  )
  t.deepEqual(
    calls('path_*'),
    names.filter(name => name.startsWith('path_')),
  )
  t.deepEqual(calls('fd_*stat_*t'), ['fd_fdstat_get', 'fd_filestat_get', 'fd_prestat_get'])
  t.deepEqual(calls('*'), names)
  t.deepEqual(calls('***fd**_read**dir*'), ['fd_readdir'])
})

test('a pattern selects functions of WASI 0.2 by their short or whole names', t => {
  const open = 'wasi:filesystem/types#[method]descriptor.open-at'
  t.deepEqual(calls('descriptor.open-at'), [open])
  t.deepEqual(calls(open), [open])
  t.deepEqual(calls('wasi:random/*', '!random.*'), [
    'wasi:random/insecure#get-insecure-random-bytes',
    'wasi:random/insecure#get-insecure-random-u64',
    'wasi:random/insecure-seed#insecure-seed',
  ])
  t.deepEqual(calls('fields.constructor', 'fields.from-list'), [
    'wasi:http/types#[constructor]fields',
    'wasi:http/types#[static]fields.from-list',
  ])
})

test('patterns with ! exclude calls in any order', t => {
  const all = names.filter(name => name.startsWith('fd_') && name !== 'fd_read')
  t.deepEqual(calls('fd_*', '!fd_read'), all)
  t.deepEqual(calls('!fd_read', 'fd_*'), all)
  t.deepEqual(
    calls('!fd_*'),
    names.filter(name => !name.startsWith('fd_')),
  )
})

test('a pattern that no hostcall matches is an error that suggests one', t => {
  const mistakes: readonly (readonly [pattern: string, nearest: string])[] = [
    ['fd_raed', 'fd_read'],
    ['!path_opne', '!path_open'],
    ['pth_*', 'path_*'],
    ['FD_READ', 'fd_read'],
    ['sock_*x', 'sock_*'],
    ['fd_read ', 'fd_read'],
    ['fd_\nread', 'fd_pread'],
    ['!!fd_read', '!fd_read'],
    ['fd_rea?', 'fd_read'],
    ['fd_rea.', 'fd_read'],
    ['descriptor.opne-at', 'descriptor.open-at'],
    ['descriptr.*', 'descriptor.*'],
    ['wall-clock.time', 'wall-clock.now'],
  ]
  for (const [pattern, nearest] of mistakes) {
    t.like(selected(['fd_write', pattern]), { unmatched: 1, nearest }, pattern)
    t.throws(() => calls('fd_write', pattern), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_VALUE',
      message: `The property 'options.filter[1]' matches no hostcall; did you mean '${nearest}'?. Received ${pattern.includes('\n') ? "'fd_\\nread'" : `'${pattern}'`}`,
    })
  }
  for (const pattern of ['', '!', 'constructor', '__proto__', 'x'.repeat(100_000)])
    t.true('unmatched' in selected([pattern]))
})

test('patterns that select nothing, and values that are no patterns, are errors', t => {
  for (const patterns of [['!*'], ['fd_*', '!fd_*'], []])
    t.throws(() => calls(...patterns), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /options\.filter/,
    })
  for (const wrong of ['fd_read', null, {}, 5, [5], [undefined], ['fd_read', null]])
    t.throws(() => traceFilterOf('options.filter', wrong), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"options\.filter(\[[01]\])?"/,
    })
})

test('a pattern of many stars matches in linear time', t => {
  const start = performance.now()
  t.true('unmatched' in selected([`${'*a'.repeat(5000)}b`]))
  t.true('calls' in selected(['*'.repeat(100_000)]))
  t.true(performance.now() - start < 10_000)
})

const program = command([drop(call('sched_yield')), drop(call('fd_sync', 9)), call('proc_exit', 0)])
const filter = { traceFilter: ['fd_*', 'sched_*', '!sched_yield'] }
test('every door applies the filter', async t => {
  const lines: string[] = []
  const trace = (line: string): void => void lines.push(line)
  const wasi = new WASI({ version: 'preview1', trace, ...filter })
  wasi.start(wasi.instantiate(program))
  const guest = createGuest({ version: 'preview1', trace, ...filter })
  guest.run(guest.instantiate(program).exports._start)
  await run(program, { trace, ...filter })
  const pool = new Pool({ size: 1 })
  await pool.run(program, { trace, ...filter })
  await pool.close()
  await run(program, { trace, threads: 1, ...filter })
  const line = 'fd_sync(fd=9) = BADF'
  t.deepEqual(lines, [line, line, line, line, `[tid 0] ${line}`])
  await t.throwsAsync(run(program, { trace, traceFilter: ['fd_raed'] }), {
    message: /did you mean 'fd_read'/,
  })
})

test('an exit is traced alike whichever other calls the filter selects', t => {
  for (const traceFilter of [['proc_exit'], ['proc_exit', 'sock_*'], ['*']]) {
    const lines: string[] = []
    const trace = (line: string): void => void lines.push(line)
    const wasi = new WASI({ version: 'preview1', trace, traceFilter })
    t.is(wasi.start(wasi.instantiate(command([call('proc_exit', 3)]))), 3)
    t.deepEqual(lines, ['proc_exit(rval=3) = exit 3'])
  }
})

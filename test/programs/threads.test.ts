/**
 * guests/c/threads.c: what the threads of a guest have together, each step checked by the guest
 * itself, and how they end.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { sources } from '#guests/toolchain.js'
import { guest, run, scratch } from './cli.js'

const steps = readFileSync(join(sources, 'threads.c'), 'utf8').split('report("').length - 1
const threads = (t: Parameters<typeof scratch>[0], ...args: string[]) =>
  run('native', [
    '--threads=8',
    '--dir',
    `${scratch(t)}::/box`,
    '--argv0',
    'threads',
    guest('threads'),
    ...args,
  ])

test.serial('every step of the threads exerciser passes', t => {
  t.timeout(60_000)
  const folder = scratch(t)
  const { stdout, stderr, status } = run('native', [
    '--threads',
    '--dir',
    `${folder}::/box`,
    guest('threads'),
  ])
  const lines = stdout.trimEnd().split('\n')
  t.deepEqual(
    lines.filter(line => !line.startsWith('ok ')),
    [],
  )
  t.is(lines.length, steps)
  t.is(stderr, '')
  t.is(status, 0)
  t.deepEqual(readdirSync(folder), [], 'the guest removes what it made')
})

test.serial('a thread that exits ends threads that work, sleep and wait', t => {
  t.timeout(60_000)
  t.like(threads(t, 'exit', '42'), { status: 42, stdout: '', stderr: '' })
  t.like(threads(t, 'exit', '0'), { status: 0, stdout: '', stderr: '' })
})

test.serial('a thread that traps ends the others, and its frames are reported', t => {
  t.timeout(60_000)
  const { status, stderr } = threads(t, 'trap')
  t.is(status, 134)
  t.regex(
    stderr,
    /^wasi-common: the guest trapped: unreachable\n.*traps.*\n.*thread_main.*\n.*wasi_thread_start.*\n$/,
  )
})

test.serial('the return of _start ends the guest and its threads', t => {
  t.timeout(60_000)
  t.like(threads(t, 'return'), { status: 5, stdout: '', stderr: '' })
})

test.serial('threads beyond the option are refused', t => {
  t.timeout(60_000)
  const box = ['--dir', `${scratch(t)}::/box`]
  const spawned = (count: string) =>
    run('native', [`--threads=${count}`, ...box, guest('threads'), 'spawn'])
  t.like(spawned('3'), { status: 0, stdout: '3, then -6\n', stderr: '' })
  t.like(spawned('1'), { status: 0, stdout: '1, then -6\n', stderr: '' })
})

test.serial('each line of the trace names its thread', t => {
  t.timeout(60_000)
  const file = join(scratch(t), 'trace')
  const { status } = run('native', [
    `--trace=${file}`,
    '--threads',
    '--dir',
    `${scratch(t)}::/box`,
    guest('threads'),
  ])
  t.is(status, 0)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  for (const line of lines) t.regex(line, /^\[tid \d+\] [a-z_]+\(.*\) = /)
  const writers = new Set(
    lines
      .filter(line => /fd_write\(fd=4<\/box\/[^>]+>, .* = SUCCESS nwritten=16$/.test(line))
      .map(line => line.split(' ')[1]),
  )
  t.is(writers.size, 8)
})

test.serial('the typescript backend refuses threads', t => {
  t.timeout(60_000)
  const { status, stderr } = run('typescript', ['--threads', guest('threads')])
  t.is(
    stderr,
    "wasi-common: options.threads needs backend 'native': threads share open files, which 'typescript' cannot\n",
  )
  t.is(status, 1)
})

test.serial('a guest that needs threads is refused without --threads, with a hint', t => {
  t.timeout(60_000)
  const { status, stderr } = run('native', [guest('threads')])
  t.regex(
    stderr,
    /^wasi-common: the module imports .*, which this host does not offer: it was built for threads: use --threads, or options\.threads\n$/,
  )
  t.is(status, 1)
})

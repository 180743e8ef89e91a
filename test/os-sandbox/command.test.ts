/** `wasi-common run --isolation process`: what its user sees of the process. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { throws } from '../exceptions.js'
import { failing, withFailing } from '../sys/failing.js'
import { call, command, drop, trap, write } from '../wasm.js'
import { scratch, withSandbox } from './fixture.js'

// The published command, whose process must find its files.
const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const modules = {
  'exits.wasm': command([call('proc_exit', 42)]),
  'writes.wasm': command([...write(1, 0x40, 6), ...write(2, 0x46, 6)], {
    data: { 64: 'to outto err' },
  }),
  'mkdir.wasm': command([call('proc_exit', call('path_create_directory', 3, 0x40, 3))], {
    data: { 64: 'new' },
  }),
  'opens.wasm': command([...write(2, 0x46, 6), call('proc_exit', 0)], {
    data: { 64: 'to outto err' },
  }),
  'refused.wasm': command([drop(call('path_open', 3, 0, 0x40, 4, 0, 0n, 0n, 0, 0x50))], {
    data: { 64: '../x' },
  }),
  'traps.wasm': command([drop(call('sched_yield')), trap]),
  'throws.wasm': throws(false),
  'component.wasm': Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
  'wants-env.wasm': command([], { imports: { 'env.callback': 'function' } }),
}

function commandIn(t: Parameters<typeof scratch>[0]) {
  const folder = scratch(t)
  for (const [name, bytes] of Object.entries(modules)) fs.writeFileSync(join(folder, name), bytes)
  const run = (
    args: readonly string[],
    [file, ...before]: readonly string[] = [process.execPath],
  ) => {
    const words = [...before, main, 'run', '--isolation', 'process', ...args]
    const { status, stdout, stderr } = spawnSync(file, words, {
      cwd: folder,
      encoding: 'utf8',
      input: '',
    })
    return { status, stdout, stderr }
  }
  return { folder, run }
}

withSandbox('the guest’s streams, directories and exit code are as without', async t => {
  const { folder, run } = commandIn(t)
  t.deepEqual(run(['--os-sandbox', 'require', 'exits.wasm']), {
    status: 42,
    stdout: '',
    stderr: '',
  })
  t.deepEqual(run(['--strict', 'writes.wasm']), { status: 0, stdout: 'to out', stderr: 'to err' })
  fs.mkdirSync(join(folder, 'given'))
  t.is(run(['--dir', 'given', 'mkdir.wasm']).status, 0)
  t.true(fs.existsSync(join(folder, 'given/new')))
  t.is(run(['--dir', 'given::/::ro', 'mkdir.wasm']).status, 20, 'EXIST')
  fs.rmdirSync(join(folder, 'given/new'))
  t.is(run(['--dir', 'given::/::ro', 'mkdir.wasm']).status, 69, 'ROFS')
  t.is(run(['--trace', 'exits.wasm']).stderr, 'proc_exit(rval=42) = exit 42\n')
  t.regex(
    run(['--trace-summary', 'exits.wasm']).stderr,
    /^% time .*\n-.*\n100\.00 .* 1 {11}proc_exit\n-.*\n100\.00 .* total\n$/,
  )
})

withSandbox(
  'a trace names paths and reasons, and begins a line where the guest has left one open',
  async t => {
    const { folder, run } = commandIn(t)
    const traced = ['--dir', '.::/data', '--trace']
    t.regex(
      run([...traced, 'refused.wasm']).stderr,
      /^path_open\(fd=3<\/data>, .*\) = NOTCAPABLE \(component 1, "\.\.", leads above fd 3<\/data>\)\n$/,
    )
    t.is(
      run([...traced, 'opens.wasm']).stderr,
      'to err\nfd_write(fd=2, iovs=0x20+1) = SUCCESS nwritten=6\nproc_exit(rval=0) = exit 0\n',
    )
    const file = join(folder, 'trace.json')
    t.is(run([`--trace=${file}`, '--trace-format', 'perfetto', 'refused.wasm']).status, 0)
    t.deepEqual(
      JSON.parse(fs.readFileSync(file, 'utf8')).map(({ name }: { name: string }) => name),
      ['process_name', 'thread_name', 'path_open'],
    )
  },
)

withSandbox('a command that cannot run a guest says why, and what to do', async t => {
  const { run } = commandIn(t)
  t.regex(run(['traps.wasm']).stderr, /^wasi-common: the guest trapped: unreachable\n/)
  t.is(
    run(['throws.wasm']).stderr,
    'wasi-common: the guest threw an uncaught WebAssembly exception\n',
  )
  t.regex(
    run(['component.wasm']).stderr,
    /^wasi-common: the component exports no interface wasi:cli\/run, so it is not a command\n$/,
  )
  t.regex(run(['wants-env.wasm']).stderr, /^wasi-common: .*env/)
  t.regex(
    run(['--dir', 'missing', 'exits.wasm']).stderr,
    /^wasi-common: cannot open preopen "missing"/,
  )
  for (const name of ['traps.wasm', 'component.wasm', 'wants-env.wasm']) {
    const { status, stderr } = run([name])
    t.is(status, name === 'traps.wasm' ? 134 : 1)
    t.notRegex(stderr, /at .*\.js:\d+/, 'no stack of the host')
  }
})

withFailing(
  'a kernel without Landlock is refused, or warned of with --os-sandbox best-effort',
  t => {
    const { run } = commandIn(t)
    const without = [failing, 'landlock_create_ruleset', '38', process.execPath]
    const said =
      'wasi-common: --os-sandbox: this kernel has no Landlock; only the sandbox of WebAssembly kept files from the program\n'
    t.deepEqual(run(['--os-sandbox', 'best-effort', 'exits.wasm'], without), {
      status: 42,
      stdout: '',
      stderr: said,
    })
    for (const words of [[], ['--os-sandbox=require']]) {
      const { status, stderr } = run([...words, 'exits.wasm'], without)
      t.is(status, 1)
      t.regex(
        stderr,
        /^wasi-common: osSandbox: 'require' needs Landlock ABI 3 .* this kernel has Landlock: none, seccomp: yes\. .*'best-effort'\n$/,
      )
    }
  },
)

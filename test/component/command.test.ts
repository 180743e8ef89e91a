/** The command with a component: the same words, exit codes and messages as with a module. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { main } from '../programs/cli.js'
import { assemble, call, command, drop, forever, load, trap, write } from '../wasm.js'
import { adapt, assembled } from './adapt.js'

const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))
const home = join(folder, 'home')

const programs: Readonly<Record<string, () => Promise<Uint8Array> | Uint8Array>> = {
  'args.component.wasm': () =>
    adapt(
      command([
        drop(call('args_sizes_get', 0x10, 0x14)),
        drop(call('args_get', 0x100, 0x1000)),
        ...write(1, 0x1000, load(0x14)),
      ]),
    ),
  'makes.component.wasm': () =>
    adapt(
      command([call('proc_exit', call('path_create_directory', 3, 0x40, 3))], {
        data: { 64: 'new' },
      }),
    ),
  'traps.component.wasm': () =>
    adapt(
      assemble({
        functions: { _start: { body: [call('inner')] }, inner: { body: [trap] } },
      }),
    ),
  'loops.component.wasm': () => adapt(command([forever])),
  'lacks.component.wasm': () =>
    assembled('(component (import "wasi:keyvalue/store@0.2.0" (instance)))'),
  'library.component.wasm': () => assembled('(component)'),
}
test.before(async () => {
  fs.mkdirSync(join(folder, 'd'))
  for (const [name, make] of Object.entries(programs))
    fs.writeFileSync(join(folder, name), await make())
})

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}
function ran(args: readonly string[], input: string | Uint8Array = ''): Ended {
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: home, LOCALAPPDATA: home }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env,
    input,
  })
  return { status, stdout: `${stdout}`, stderr: `${stderr}` }
}
const ways = process.platform === 'linux' ? [[], ['--isolation', 'process']] : [[]]

for (const way of ways) {
  const title = (text: string): string => [...way, text].join(' ')

  test.serial(title('a component gets its arguments'), t => {
    const args = 'args.component.wasm'
    t.deepEqual(ran([...way, args, 'one', 'two']), {
      status: 0,
      stdout: `${args}\0one\0two\0`,
      stderr: '',
    })
  })

  test.serial(title('a component gets its directories, and returns its exit code'), t => {
    fs.rmSync(join(folder, 'd/new'), { recursive: true, force: true })
    const args = [...way, '--dir', 'd::/', 'makes.component.wasm']
    t.deepEqual(ran(args), { status: 0, stdout: '', stderr: '' })
    t.true(fs.existsSync(join(folder, 'd/new')))
    t.is(ran(args).status, 1)
  })

  test.serial(title('a trap is printed with its frames'), t => {
    const { status, stderr } = ran([...way, 'traps.component.wasm'])
    t.is(status, 134)
    t.regex(
      stderr,
      /^wasi-common: the guest trapped: .*unreachable.*\n {2}at inner \(.*\n {2}at _start \(/,
    )
  })

  test.serial(title('a component is ended by -W timeout'), t => {
    const { status, stderr } = ran([...way, '-W', 'timeout=2s', 'loops.component.wasm'])
    t.deepEqual([status, stderr], [124, 'wasi-common: the guest timed out after 2000 ms\n'])
  })

  test.serial(title('a component that cannot run is a line of its reason'), t => {
    t.deepEqual(ran([...way, 'lacks.component.wasm']), {
      status: 1,
      stdout: '',
      stderr:
        'wasi-common: the component imports wasi:keyvalue/store@0.2.0 (an interface), which this host does not offer\n',
    })
    t.deepEqual(ran([...way, 'library.component.wasm']), {
      status: 1,
      stdout: '',
      stderr:
        'wasi-common: the component exports no interface wasi:cli/run, so it is not a command\n',
    })
  })
}

test.serial('a component is read from standard input', t => {
  const bytes = fs.readFileSync(join(folder, 'args.component.wasm'))
  t.deepEqual(ran(['-', 'one'], bytes), { status: 0, stdout: '-\0one\0', stderr: '' })
})

test.serial('--no-cache keeps nothing on disk', t => {
  fs.rmSync(home, { recursive: true, force: true })
  t.is(ran(['--no-cache', 'args.component.wasm']).status, 0)
  t.false(fs.existsSync(home))
  t.is(ran(['args.component.wasm']).status, 0)
  t.true(fs.existsSync(home))
})

test.serial('--threads is refused for a component', t => {
  const { status, stderr } = ran(['--threads', 'args.component.wasm'])
  t.is(status, 1)
  t.regex(stderr, /threads.* must be 0 for a component/)
})

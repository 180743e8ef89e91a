/**
 * options.execPath: the Node.js that runs the guest's process, where that of the host is an
 * application, and where it is not.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Pool, type RunOptions, run } from 'wasi-common'
import { type Failure, failure } from '../rejection.js'
import { call, command } from '../wasm.js'
import { scratch, withSandbox } from './fixture.js'

const exits = command([call('proc_exit', 42)])
const isolation = 'process'
const fails = (options: RunOptions): Promise<Failure> =>
  failure(run(exits, { isolation, ...options }))
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip

test('an execPath that is no absolute path, or is given for a worker, is refused as a mistake in the options', async t => {
  const wrong = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }
  for (const execPath of ['node', './node', '', `${process.execPath}\0`])
    t.like(await fails({ execPath }), wrong, execPath)
  t.like(await fails({ execPath: 7 as unknown as string }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
  })
  t.like(await fails({ execPath: process.execPath, isolation: 'worker' }), wrong)
  const pool = new Pool({ size: 1 })
  t.like(await t.throwsAsync(pool.run(exits, { execPath: process.execPath })), wrong)
  await pool.close()
})

/** The node of this process as another file, which it cannot know to be the same. */
function otherNode(t: ExecutionContext): string {
  const copy = join(scratch(t), 'other')
  try {
    fs.linkSync(process.execPath, copy)
  } catch {
    fs.copyFileSync(process.execPath, copy, fs.constants.COPYFILE_FICLONE)
  }
  return copy
}

withSandbox(
  'the guest runs by the node at execPath, also by a symlink, with the strict sandbox',
  async t => {
    const link = join(scratch(t), 'node')
    fs.symlinkSync(process.execPath, link)
    for (const execPath of [process.execPath, link, otherNode(t)])
      for (const options of [
        {},
        { strict: true },
        { threads: 1, backend: 'native' },
      ] as RunOptions[]) {
        const { exitCode, osSandbox } = await run(exits, {
          isolation,
          osSandbox: 'require',
          execPath,
          ...options,
        })
        t.is(exitCode, 42)
        t.true(osSandbox?.seccomp)
      }
  },
)

withSandbox(
  'a strict sandbox refuses a preopen that holds execPath, by a symlink or itself',
  async t => {
    const folder = scratch(t)
    const link = join(folder, 'bin/node')
    fs.mkdirSync(join(folder, 'bin'))
    fs.symlinkSync(process.execPath, link)
    const options: RunOptions = { execPath: link, strict: true }
    for (const path of [folder, join(folder, 'bin')])
      t.like(
        await fails({ ...options, preopens: { '/': path } }),
        { code: 'ERR_WASI_UNSAFE_PREOPEN' },
        path,
      )
    fs.mkdirSync(join(folder, 'data'))
    t.is(
      (await run(exits, { isolation, ...options, preopens: { '/': join(folder, 'data') } }))
        .exitCode,
      42,
    )
    t.is(
      (
        await run(exits, {
          isolation,
          ...options,
          allowUnsafePreopen: true,
          preopens: { '/': folder },
        })
      ).exitCode,
      42,
    )
    t.is((await run(exits, { isolation, execPath: link, preopens: { '/': folder } })).exitCode, 42)
  },
)

onLinux(
  'an execPath that is missing, no program, another program or another runtime is refused, and the guest does not begin',
  async t => {
    const folder = scratch(t)
    const made = (name: string, text: string, mode = 0o755): string => {
      fs.writeFileSync(join(folder, name), text, { mode })
      return join(folder, name)
    }
    const answers = (versions: object): string =>
      `#!/bin/sh\necho '${JSON.stringify({ execPath: '/', versions, sharedObjects: [] })}'\n`
    const wrong: [string, RegExp][] = [
      [join(folder, 'missing'), /ENOENT/],
      [made('text', 'text', 0o644), /EACCES/],
      [made('fails', '#!/bin/sh\nexit 3\n'), /Command failed/],
      [made('other', '#!/bin/sh\necho v20\n'), /does not answer as one/],
      [made('null', '#!/bin/sh\necho null\n'), /does not answer as one/],
      [
        made('script', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`),
        new RegExp(`script' starts '${process.execPath}'$`),
      ],
      ...['electron', 'bun', 'deno'].map((name): [string, RegExp] => [
        made(name, answers({ node: '24.0.0', [name]: '1.0.0' })),
        new RegExp(`is ${name}$`),
      ]),
    ]
    for (const [execPath, said] of wrong) {
      const { code, message } = await fails({ execPath })
      t.is(code, 'ERR_WASI_NO_NODE')
      t.regex(message, /^options\.execPath must be the path of a node binary/)
      t.regex(message, said)
    }
  },
)

/** Counts the programs that this process starts, until the test ends. */
function counted(t: ExecutionContext): () => number {
  const module = process.getBuiltinModule('node:child_process')
  const { execFile, spawn } = module
  let count = 0
  const counting = <F extends (...args: never[]) => unknown>(start: F): F =>
    new Proxy(start, {
      apply(target, self, args) {
        count++
        return Reflect.apply(target, self, args)
      },
    })
  const set = (functions: Pick<typeof module, 'execFile' | 'spawn'>): void => {
    Object.assign(module, functions)
    syncBuiltinESMExports()
  }
  set({ execFile: counting(execFile), spawn: counting(spawn) })
  t.teardown(() => set({ execFile, spawn }))
  return () => count
}

withSandbox('the file at execPath is probed once, and again only after a failure', async t => {
  const execPath = join(scratch(t), 'node')
  const started = counted(t)
  t.like(await fails({ execPath }), { code: 'ERR_WASI_NO_NODE' })
  fs.renameSync(otherNode(t), execPath)
  for (const _ of [1, 2, 3]) t.is((await run(exits, { isolation, execPath })).exitCode, 42)
  // Twice asked, thrice run.
  t.is(started(), 5)
  t.is((await run(exits, { isolation, execPath: process.execPath })).exitCode, 42)
  t.is(started(), 6)
})

onLinux('an execPath that does not answer is left at the timeout', async t => {
  const execPath = join(scratch(t), 'node')
  fs.writeFileSync(execPath, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 })
  const start = Date.now()
  t.like(await fails({ execPath, timeout: 200 }), { code: 'ERR_WASI_TIMEOUT' })
  const reason = new Error('enough')
  t.is((await fails({ execPath, signal: AbortSignal.timeout(200) })).code, 'ERR_WASI_ABORTED')
  t.is((await fails({ execPath, signal: AbortSignal.abort(reason) })).cause, reason)
  t.true(Date.now() - start < 30_000)
})

/** Hosts whose process.execPath is an application: this process seems one until it is undone. */
const hosts: Readonly<Record<string, { readonly what: string; seem(): () => void }>> = {
  'a single executable': {
    what: 'a single executable application',
    seem() {
      const sea = process.getBuiltinModule('node:sea')
      const { isSea } = sea
      sea.isSea = () => true
      return () => {
        sea.isSea = isSea
      }
    },
  },
  Electron: {
    what: 'Electron',
    seem() {
      Object.defineProperty(process.versions, 'electron', { configurable: true, value: '40.0.0' })
      return () => Reflect.deleteProperty(process.versions, 'electron')
    },
  },
}
for (const [name, { what, seem }] of Object.entries(hosts)) {
  onLinux(
    `in ${name} a process is refused unless execPath names a node, and the application is not started`,
    async t => {
      t.teardown(seem())
      const started = counted(t)
      const { code, message } = await fails({})
      t.is(code, 'ERR_WASI_NO_NODE')
      t.true(
        message.startsWith(
          `options.isolation 'process' starts Node.js, but process.execPath is ${what}, which would start '${process.execPath}'`,
        ),
        message,
      )
      t.regex(message, /Set options\.execPath to the path of a node binary/)
      t.like(await fails({ execPath: process.execPath }), { code })
      t.is(started(), 0)
      t.is((await run(exits)).exitCode, 42)
    },
  )
  withSandbox(`in ${name} execPath runs the guest`, async t => {
    t.teardown(seem())
    t.is((await run(exits, { isolation, execPath: otherNode(t) })).exitCode, 42)
  })
}

/**
 * Node's permission model: what it refuses the process is refused to a guest, by an error like
 * Node's own, before anything is opened.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { addonFile } from '#lib/sys/native/sys.js'
import { assemble, call, command, drop, load, store } from '../wasm.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const index = fileURLToPath(import.meta.resolve('#bundle/index.js'))
const flag = ['--permission', '--experimental-permission'].find(
  name => spawnSync(process.execPath, [name, '-e', '0']).status === 0,
)
const only =
  (can: boolean, reason: string) =>
  (title: string, body: (t: ExecutionContext) => void): void =>
    can ? test(title, body) : test.skip(`${title} [${reason}]`, () => {})
const withModel = only(flag !== undefined, 'this Node has no permission model')
const withWay = only(
  flag !== undefined && process.platform !== 'win32',
  'no permission model, or `..` goes by the text as on Windows',
)
const withProcess = only(
  flag !== undefined && process.platform === 'linux',
  'no permission model, or no OS sandbox',
)
const withNet = only(
  flag !== undefined && process.allowedNodeEnvironmentFlags.has('--allow-net'),
  'this Node’s model knows no networks',
)

interface Fixture {
  readonly folder: string
  readonly data: string
}
function fixture(t: ExecutionContext): Fixture {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  fs.mkdirSync(data)
  fs.writeFileSync(join(data, 'file'), 'text')
  fs.writeFileSync(
    join(folder, 'guest.wasm'),
    assemble({ functions: { _start: { body: [call('proc_exit', 7)] } } }),
  )
  return { folder, data }
}

/**
 * Runs a program that may read this package, the guest, and further grants, and returns its output.
 * Values are printed as JSON; an error as its code, permission, resource and message.
 */
function answerOf(
  t: ExecutionContext,
  { folder }: Fixture,
  code: string,
  ...grants: readonly string[]
): unknown {
  const program = `
    const { WASI, createGuest, run, Pool } = require(${JSON.stringify(index)})
    const make = options => { new WASI({ version: 'preview1', ...options }).close(); return 'made' }
    const bytes = require('node:fs').readFileSync(${JSON.stringify(join(folder, 'guest.wasm'))})
    const tell = what => console.log(JSON.stringify(what))
    // A RunError has the error of the permission model as its cause.
    const failed = ({ code, message, cause, permission = cause?.permission, resource = cause?.resource }) =>
      tell({ code, permission, resource, message })
    try { Promise.resolve((${code})()).then(tell, failed) } catch (error) { failed(error) }`
  const reads = [...new Set([root, dirname(addonFile()) + sep, join(folder, 'guest.wasm')])].map(
    path => `--allow-fs-read=${path}`,
  )
  const args = ['--no-warnings', flag as string, ...reads, ...grants, '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder })
  t.is(stderr, '')
  return JSON.parse(stdout)
}
const addons = '--allow-addons'
const denied = (permission: string, resource: string): object => ({
  code: 'ERR_ACCESS_DENIED',
  permission,
  resource,
})

withModel('without --allow-addons there is no native backend, and the error names the flag', t => {
  const error = answerOf(t, fixture(t), '() => make()') as { message: string }
  t.like(error, denied('Addon', addonFile()))
  t.regex(error.message, /--allow-addons/)
  t.is(answerOf(t, fixture(t), '() => make()', addons), 'made')
})

withModel('the typescript backend wants no such flag', t => {
  t.is(answerOf(t, fixture(t), "() => make({ backend: 'typescript' })"), 'made')
})

withModel(
  'a preopen wants what it gives: to read, and to write unless it is for reading alone',
  t => {
    const here = fixture(t)
    const { data } = here
    const give = (given: string): string => `() => make({ preopens: { '/data': ${given} } })`
    const plain = JSON.stringify(data)
    const [read, write] = [`--allow-fs-read=${data}`, `--allow-fs-write=${data}`]
    for (const backend of ['native', 'typescript']) {
      const ask = (given: string, ...grants: string[]): unknown =>
        answerOf(
          t,
          here,
          `() => make({ backend: '${backend}', preopens: { '/data': ${given} } })`,
          addons,
          ...grants,
        )
      t.like(ask(plain), denied('FileSystemRead', data))
      t.like(ask(plain, write), denied('FileSystemRead', data))
      t.like(ask(plain, read), denied('FileSystemWrite', data))
      t.is(ask(plain, read, write), 'made')
      t.is(ask(`{ path: ${plain}, readOnly: true }`, read), 'made')
      t.is(ask(`{ path: ${plain}, overlay: true }`, read), 'made')
      t.like(ask(`{ path: ${plain}, overlay: true }`), denied('FileSystemRead', data))
    }
    const error = answerOf(t, here, give(plain), addons, read) as { message: string }
    t.regex(
      error.message,
      /^Access to this API has been restricted: .*\/data.*--allow-fs-write=.*readOnly: true/,
    )
    t.is(answerOf(t, here, give('{ files: {} }'), addons), 'made')
  },
)

withModel('a file wants the permission for itself alone', t => {
  const here = fixture(t)
  const file = join(here.data, 'file')
  const give = (readOnly: boolean): string =>
    `() => make({ preopens: { '/': { file: ${JSON.stringify(file)}, readOnly: ${readOnly} } } })`
  // The addon opens the file's folder as well, which no guest sees.
  t.like(answerOf(t, here, give(true), addons), denied('FileSystemRead', file))
  t.is(answerOf(t, here, give(true), addons, `--allow-fs-read=${file}`), 'made')
  t.like(
    answerOf(t, here, give(false), addons, `--allow-fs-read=${file}`),
    denied('FileSystemWrite', file),
  )
  t.is(
    answerOf(t, here, give(false), addons, `--allow-fs-read=${file}`, `--allow-fs-write=${file}`),
    'made',
  )
})

withModel('some of a folder is not the folder; a link is where it leads', t => {
  const here = fixture(t)
  const { data, folder } = here
  fs.symlinkSync('data', join(folder, 'link'))
  fs.mkdirSync(join(folder, 'database'))
  const give = (path: string): string =>
    `() => make({ preopens: { '/data': { path: ${JSON.stringify(path)}, readOnly: true } } })`
  const file = join(data, 'file')
  for (const grant of [file, join(data, 'f*'), join(folder, 'later')]) {
    t.like(
      answerOf(t, here, give(data), addons, `--allow-fs-read=${grant}`),
      denied('FileSystemRead', data),
      grant,
    )
  }
  t.is(answerOf(t, here, give(data), addons, `--allow-fs-read=${join(folder, 'dat*')}`), 'made')
  t.is(
    answerOf(t, here, give('data'), addons, `--allow-fs-read=${data}`),
    'made',
    'a relative path',
  )
  const link = join(folder, 'link')
  t.is(answerOf(t, here, give(link), addons, `--allow-fs-read=${folder}`), 'made')
  fs.unlinkSync(link)
  fs.symlinkSync(os.homedir(), link)
  t.like(
    answerOf(t, here, give(link), addons, `--allow-fs-read=${folder}`),
    denied('FileSystemRead', fs.realpathSync(os.homedir())),
  )
  // Nor is it elsewhere where the way to it must not be looked at.
  fs.mkdirSync(join(folder, 'elsewhere'))
  fs.symlinkSync('data', join(folder, 'way'))
  fs.symlinkSync('../elsewhere', join(data, 'inner'))
  const inner = join(folder, 'way/inner')
  t.like(
    answerOf(t, here, give(inner), addons, `--allow-fs-read=${inner}`),
    denied('FileSystemRead', join(folder, 'elsewhere')),
  )
  t.is(
    answerOf(
      t,
      here,
      give(inner),
      addons,
      `--allow-fs-read=${inner}`,
      `--allow-fs-read=${join(folder, 'elsewhere')}`,
    ),
    'made',
  )
  t.is(answerOf(t, here, give(data), addons, '--allow-fs-read=*'), 'made')
})

withWay('what is up from where a link leads is not what is up from the link', t => {
  const here = fixture(t)
  const { data, folder } = here
  fs.mkdirSync(join(folder, 'elsewhere/below'), { recursive: true })
  fs.writeFileSync(join(folder, 'elsewhere/file'), 'other text')
  fs.symlinkSync('../elsewhere/below', join(data, 'link'))
  const [read, all] = [`--allow-fs-read=${data}`, `--allow-fs-read=${folder}`]
  for (const backend of ['native', 'typescript']) {
    // Returns the names in the directory that is opened.
    const seen = (given: string): string => `() => {
      const guest = createGuest({ version: 'preview1', backend: '${backend}', preopens: { '/': { ${given}, readOnly: true } } })
      const memory = new WebAssembly.Memory({ initial: 1 })
      guest.bind(memory)
      if (guest.imports.fd_readdir(3, 64, 4096, 0n, 0) !== 0) throw new Error('cannot be listed')
      const listed = Buffer.from(memory.buffer, 64, new Uint32Array(memory.buffer)[0]).toString('latin1')
      guest.close()
      return ['below', 'link'].filter(name => listed.includes(name))
    }`
    const up = JSON.stringify(`${data}/link/..`)
    for (const given of [`path: ${up}`, `path: ${up}, overlay: true`]) {
      t.like(
        answerOf(t, here, seen(given), addons, read),
        denied('FileSystemRead', join(folder, 'elsewhere')),
        given,
      )
      t.deepEqual(answerOf(t, here, seen(given), addons, all), ['below'], given)
    }
    const file = `file: ${JSON.stringify(`${data}/link/../file`)}`
    t.like(
      answerOf(t, here, seen(file), addons, read),
      denied('FileSystemRead', join(folder, 'elsewhere/file')),
    )
    t.deepEqual(answerOf(t, here, seen(file), addons, all), [])
  }
})

withModel('a grant for a name alone grants nothing in a folder of that name', t => {
  const here = fixture(t)
  // A path that does not exist when Node starts is no folder to it, so that it grants the name, and
  // no name in it.
  const later = join(here.folder, 'later')
  const give = (readOnly: boolean): string => `() => {
    require('node:fs').mkdirSync(${JSON.stringify(later)}, { recursive: true })
    return make({ preopens: { '/': { path: ${JSON.stringify(later)}, readOnly: ${readOnly} } } })
  }`
  const [read, write] = [`--allow-fs-read=${later}`, `--allow-fs-write=${later}`]
  t.like(answerOf(t, here, give(true), addons, read, write), denied('FileSystemRead', later))
  fs.rmdirSync(later)
  t.like(
    answerOf(t, here, give(false), addons, `--allow-fs-read=${here.folder}`, write),
    denied('FileSystemWrite', later),
  )
})

withModel('a missing folder within a grant is the usual ENOENT', t => {
  const here = fixture(t)
  const give = `() => make({ preopens: { '/data': ${JSON.stringify(join(here.data, 'none'))} } })`
  t.like(
    answerOf(
      t,
      here,
      give,
      addons,
      `--allow-fs-read=${here.data}`,
      `--allow-fs-write=${here.data}`,
    ),
    { code: 'UVWASI_ENOENT' },
  )
})

const worker = '--allow-worker'
const ways = {
  run: (options: string) => `() => run(bytes, ${options}).then(({ exitCode }) => exitCode)`,
  Pool: (options: string) => `async () => {
    const pool = new Pool({ size: 1 })
    try { return (await pool.run(bytes, ${options})).exitCode } finally { await pool.close() }
  }`,
}
for (const [way, running] of Object.entries(ways)) {
  withModel(
    `${way} without --allow-addons fails as class WASI does, with ERR_ACCESS_DENIED, and the typescript backend needs no addon`,
    t => {
      const error = answerOf(t, fixture(t), running('{}'), worker) as { message: string }
      t.like(error, denied('Addon', addonFile()))
      t.regex(error.message, /--allow-addons/)
      t.is(answerOf(t, fixture(t), running("{ backend: 'typescript' }"), worker), 7)
      t.is(answerOf(t, fixture(t), running('{}'), worker, addons), 7)
    },
  )

  withModel(`the worker of ${way} has the permissions of its process, and no more`, t => {
    const here = fixture(t)
    fs.writeFileSync(join(here.folder, 'secret'), 'text')
    // A module that every thread of the process loads first, as Node does with --require; it writes
    // which files it may read there.
    const spy = join(here.folder, 'spy.cjs')
    fs.writeFileSync(
      spy,
      `const { isMainThread } = require('node:worker_threads'), fs = require('node:fs')
      if (!isMainThread) {
        const read = path => { try { return fs.readFileSync(path, 'utf8') } catch ({ code }) { return code } }
        const reported = [process.permission?.has('fs.write', __dirname), read(${JSON.stringify(join(here.folder, 'secret'))})]
        fs.writeFileSync(${JSON.stringify(join(here.data, 'reported'))}, JSON.stringify(reported))
      }`,
    )
    const grants = [
      `--allow-fs-read=${spy}`,
      `--allow-fs-read=${here.data}`,
      `--allow-fs-write=${here.data}`,
    ]
    t.is(answerOf(t, here, running('{}'), worker, addons, ...grants, '--require', spy), 7)
    t.is(fs.readFileSync(join(here.data, 'reported'), 'utf8'), '[false,"ERR_ACCESS_DENIED"]')
  })

  withModel(`the imports of ${way} want --allow-fs-read for their file`, t => {
    const here = fixture(t)
    const file = join(here.folder, 'imports.mjs')
    const i32 = { params: ['i32'], results: ['i32'] } as const
    fs.writeFileSync(file, 'export default { env: { f: n => n + 1 } }')
    fs.writeFileSync(
      join(here.folder, 'guest.wasm'),
      command([call('proc_exit', call('f', 7))], { imports: { 'env.f': i32 } }),
    )
    const asking = running(`{ imports: ${JSON.stringify(file)} }`)
    t.is(answerOf(t, here, asking, worker, addons, `--allow-fs-read=${file}`), 8)
    const error = answerOf(t, here, asking, worker, addons) as Error & { code: string }
    t.is(error.code, 'ERR_WASI_IMPORTS')
    t.regex(error.message, /cannot be loaded: Access to this API has been restricted/)
  })

  for (const backend of ['native', 'typescript']) {
    withModel(`a guest of ${way} reads a file that the process may read (${backend})`, t => {
      const here = fixture(t)
      const opened = [
        store(0x100, 0x656c6966),
        drop(call('path_open', 3, 0, 0x100, 4, 0, 2n, 0n, 0, 0x40)),
      ]
      const read = [
        store(0x30, 0x2000),
        store(0x34, 16),
        call('proc_exit', call('fd_read', load(0x40), 0x30, 1, 0x38)),
      ]
      fs.writeFileSync(join(here.folder, 'guest.wasm'), command([...opened, ...read]))
      const options = `{ backend: '${backend}', preopens: { '/data': { path: ${JSON.stringify(here.data)}, readOnly: true } } }`
      t.is(answerOf(t, here, running(options), worker, addons, `--allow-fs-read=${here.data}`), 0)
    })
  }
}

withModel('run wants --allow-worker, and a process of its own --allow-child-process', t => {
  const here = fixture(t)
  const plain = '() => run(bytes).then(({ exitCode }) => exitCode)'
  t.like(answerOf(t, here, plain, addons), {
    code: 'ERR_ACCESS_DENIED',
    permission: 'WorkerThreads',
  })
  t.is(answerOf(t, here, plain, addons, '--allow-worker'), 7)
  // Elsewhere there is no OS sandbox, whatever is granted.
  if (process.platform !== 'linux') return
  const apart = "() => run(bytes, { isolation: 'process' }).then(({ exitCode }) => exitCode)"
  t.like(answerOf(t, here, apart, addons, '--allow-worker'), {
    code: 'ERR_ACCESS_DENIED',
    permission: 'ChildProcess',
  })
  t.is(answerOf(t, here, apart, addons, '--allow-worker', '--allow-child-process'), 7)
  const preopened = `() => run(bytes, { isolation: 'process', preopens: { '/data': ${JSON.stringify(here.data)} } })`
  t.like(
    answerOf(t, here, preopened, addons, '--allow-worker', '--allow-child-process'),
    denied('FileSystemRead', here.data),
  )
})

withNet('to listen wants --allow-net, where Node knows that flag', t => {
  const here = fixture(t)
  const listen = "() => make({ listen: ['127.0.0.1:0'] })"
  t.like(answerOf(t, here, listen, addons), denied('Net', '127.0.0.1:0'))
  t.is(answerOf(t, here, listen, addons, '--allow-net'), 'made')
})

withModel('register works without --allow-worker, and leads preview2-shim in require', t => {
  const register = fileURLToPath(import.meta.resolve('#bundle/register.js'))
  const source = `console.log('close' in require('node:wasi').WASI.prototype,
    typeof require('@bytecodealliance/preview2-shim/cli')._setArgs)`
  const grants = [flag as string, addons, `--allow-fs-read=${root}`]
  const args = ['--no-warnings', ...grants, '--require', register, '-e', source]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root })
  t.deepEqual({ stdout, stderr }, { stdout: 'true function\n', stderr: '' })
})

test('no permission is checked without the permission model', t => {
  t.true(process.permission === undefined)
})

withProcess(
  'execPath is asked whether it is a node, also where its place must not be looked at',
  t => {
    const here = fixture(t)
    const other = join(here.folder, 'other')
    fs.writeFileSync(other, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    const ask = (execPath: string, ...grants: string[]): unknown =>
      answerOf(
        t,
        here,
        `() => run(bytes, { isolation: 'process', osSandbox: 'best-effort', execPath: ${JSON.stringify(execPath)} }).then(({ exitCode }) => exitCode)`,
        addons,
        '--allow-worker',
        ...grants,
      )
    const child = '--allow-child-process'
    t.like(ask(other, child), { code: 'ERR_WASI_NO_NODE' })
    t.like(ask(other), { code: 'ERR_ACCESS_DENIED', permission: 'ChildProcess' })
    t.is(ask(process.execPath, child), 7)
  },
)

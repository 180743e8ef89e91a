/**
 * The modules that a transpiled component imports by their names: they give nothing by default, and
 * what their functions set.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { cli, filesystem, http, sockets } from '#lib/preview2/index.js'
import { WASIShim } from '#lib/preview2/instantiation.js'
import { thrownBy } from './thrown.js'

type Call = (...args: unknown[]) => unknown
type Interface = Readonly<Record<string, Call>>
const functions = (bindings: unknown): Interface => bindings as Interface
const { getEnvironment, getArguments, initialCwd } = functions(cli.environment)
/** The names of the preopens, and a function that opens a path below the first. */
const directories = (): [Record<string, Call>, string][] =>
  filesystem._getPreopens() as [Record<string, Call>, string][]
const names = (): string[] => directories().map(([, name]) => name)
const opens = (path: string): unknown =>
  directories()[0][0].openAt({ symlinkFollow: true }, path, {}, { read: true })

function scratch(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  fs.mkdirSync(join(folder, 'given'))
  fs.writeFileSync(join(folder, 'key'), 'key')
  fs.writeFileSync(join(folder, 'given/file'), 'text')
  fs.symlinkSync('../key', join(folder, 'given/planted'))
  return folder
}

test.serial('the modules give no preopens, variables, arguments, directory or network', t => {
  t.deepEqual(names(), [])
  t.deepEqual(getEnvironment(), [])
  t.deepEqual(getArguments(), [])
  t.is(initialCwd(), undefined)
  const network = functions(sockets.instanceNetwork).instanceNetwork()
  const socket = functions(sockets.tcpCreateSocket).createTcpSocket('ipv4') as Interface
  const address = { tag: 'ipv4', val: { port: 1, address: [127, 0, 0, 1] } }
  t.is(
    thrownBy(() => socket.startConnect(network, address)),
    'access-denied',
  )
  t.truthy(http.types)
})

test.serial('preopens are set, added and cleared, and paths stay below them', t => {
  const folder = scratch(t)
  filesystem._setPreopens({ '/given': join(folder, 'given') })
  t.deepEqual(names(), ['/given'])
  t.notThrows(() => opens('file'))
  for (const path of ['planted', '../key', join(folder, 'key')])
    t.is(
      thrownBy(() => opens(path)),
      'not-permitted',
      path,
    )
  filesystem._addPreopen('/read', { path: folder, readOnly: true })
  t.deepEqual(names(), ['/given', '/read'])
  t.is(
    thrownBy(() => directories()[1][0].createDirectoryAt('made')),
    'read-only',
  )
  t.throws(() => filesystem._addPreopen('/none', join(folder, 'none')), { code: 'UVWASI_ENOENT' })
  t.deepEqual(names(), ['/given', '/read'], 'a failure changes nothing')
  t.notThrows(() => opens('file'), 'its host is open')
  filesystem._addPreopen('__proto__', folder)
  t.deepEqual(names(), ['/given', '/read', '__proto__'])
  filesystem._clearPreopens()
  t.deepEqual(names(), [])
})

test.serial('variables, arguments, directory and streams are set', t => {
  cli._setEnv({ A: '1' })
  cli._appendEnv({ B: '2=' })
  t.deepEqual(getEnvironment(), [
    ['A', '1'],
    ['B', '2='],
  ])
  cli._appendEnv(JSON.parse('{ "__proto__": "3" }'))
  t.deepEqual((getEnvironment() as string[][])[2], ['__proto__', '3'])
  cli._setArgs(['program', 'argument'])
  t.deepEqual(getArguments(), ['program', 'argument'])
  cli._setCwd('/given')
  t.is(initialCwd(), '/given')
  t.deepEqual(getArguments(), ['program', 'argument'], 'the others stay')
  const chunks: string[] = []
  cli._setStdout(chunk => void chunks.push(chunk.toString()))
  const stdout = functions(cli.stdout).getStdout() as Interface
  stdout.blockingWriteAndFlush(new TextEncoder().encode('text'))
  t.deepEqual(chunks, ['text'])
  t.throws(() => cli._setArgs('program' as never), { code: 'ERR_INVALID_ARG_TYPE' })
})

for (const [call, exitCode] of [
  ["exit({ tag: 'err' })", 1],
  ["exit({ tag: 'ok' })", 0],
  ['exitWithCode(7)', 7],
] as const)
  test(`${call} of the module ends the process with ${exitCode}`, t => {
    const script = `import { exit } from ${JSON.stringify(import.meta.resolve('#lib/preview2/cli.js'))}
      setTimeout(() => process.exit(99), 60_000)
      exit.${call}`
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
    t.is(status, exitCode)
  })

test('WASIShim gives what its sandbox names, and interfaces of the embedder', t => {
  const folder = scratch(t)
  const environment = { getEnvironment: () => [['OWN', '1']] }
  const shim = new WASIShim({
    sandbox: { preopens: { '/given': join(folder, 'given') }, args: ['program'], env: {} },
    cli: { environment },
  })
  const imports = shim.getImportObject({ asVersion: '0.2.6' })
  t.is(imports['wasi:cli/environment@0.2.6'], environment)
  const { getDirectories } = functions(imports['wasi:filesystem/preopens@0.2.6'])
  t.deepEqual(
    (getDirectories() as [object, string][]).map(([, name]) => name),
    ['/given'],
  )
  t.is(Object.getPrototypeOf(imports), null)
  t.throws(() => new WASIShim({ sandbox: { preopen: {} } } as never), { instanceOf: TypeError })
})

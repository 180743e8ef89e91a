/**
 * A program typed for node:wasi that is given this package's class. It is not run:
 * test/packaging/types.test.ts has it checked, with the types that are published.
 */
import * as node from 'node:wasi'
import * as ours from 'wasi-common'
import { createGuest, type MemoryLike, WASI, type WASIOptions } from 'wasi-common'
import { type ComponentHost, createComponentHost, filesystem } from 'wasi-common/preview2'
import { _setArgs, environment } from 'wasi-common/preview2/cli'
import { WASIShim } from 'wasi-common/preview2/instantiation'
import 'wasi-common/register'

declare const bytes: BufferSource
declare const loadedSnapshot: ours.GuestSnapshot
declare const instance: WebAssembly.Instance

// The class, where node:wasi's was.

const Class: typeof import('node:wasi').WASI = WASI
let wasi: node.WASI = new WASI({ version: 'preview1' })
wasi = new Class({ version: 'unstable' })
const module: Pick<typeof node, 'WASI'> = ours
class Own extends WASI {}
const own: node.WASI = new Own({ version: 'preview1' })

/** A program that chooses between both classes. */
function make(Chosen: typeof node.WASI, options: node.WASIOptions): node.WASI {
  return new Chosen(options)
}
const made: node.WASI = make(WASI, { version: 'preview1', preopens: { '/': '.' } })

// Its options, under exactOptionalPropertyTypes.

declare const options: node.WASIOptions
declare const { args, env, preopens, stdin }: node.WASIOptions
new WASI(options)
new WASI({ ...options, returnOnExit: false })
new WASI({
  version: 'preview1',
  args: ['a', 'b'] as const,
  env: process.env,
  stdin: 0,
  stdout: 1,
  stderr: 2,
  returnOnExit: true,
})
new WASI({
  version: 'preview1',
  args,
  env,
  preopens,
  stdin,
  stdout: undefined,
  returnOnExit: undefined,
})
const widened: WASIOptions = options
const record: Record<string, string> = { '/': '.' }
new WASI({ version: 'preview1', preopens: record, env: { A: '1' } })

// Its methods.

const linked = new WebAssembly.Instance(
  new WebAssembly.Module(bytes),
  new WASI(options).getImportObject(),
)
const imports: WebAssembly.Imports = new WASI(options).getImportObject()
// A cast that programs write, since node:wasi types it as an object and no more.
const cast = new WASI(options).getImportObject() as WebAssembly.Imports
const named: WebAssembly.Imports = { wasi_snapshot_preview1: new WASI(options).wasiImport }
const instantiated: Promise<WebAssembly.WebAssemblyInstantiatedSource> = WebAssembly.instantiate(
  bytes,
  new WASI(options).getImportObject(),
)
const code: number = new WASI(options).start(linked)
const nothing: undefined | ReturnType<node.WASI['initialize']> = new WASI(options).initialize(
  instance,
)
new WASI(options).start({
  exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() {} },
})
new WASI(options).finalizeBindings(instance)
new WASI(options).finalizeBindings(instance, {})
new WASI(options).finalizeBindings(instance, {
  memory: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }),
})
declare const given: node.FinalizeBindingsOptions
new WASI(options).finalizeBindings(instance, given)
const { wasiImport }: { readonly wasiImport: NodeJS.Dict<unknown> } = new WASI(options)
new WASI(options).wasiImport.fd_write = () => 0

// Options and exports that only this package has.

new WASI({
  version: 'preview1',
  backend: 'typescript',
  trace: line => line.length,
  onUnexpected: ({ call, errno }) => `${call}${errno}`,
}).close()
new WASI({
  version: 'preview1',
  preopens: {
    '/': new URL('file:///'),
    '/ro': { path: '.', readOnly: true },
    '/rw': { path: '.' },
  },
})
const linkedByHost: ours.WasmInstance = new WASI(options).instantiate(bytes, {
  env: { log: (at: number) => at, memory: new WebAssembly.Memory({ initial: 1 }) },
})
const startedByHost: number = new WASI(options).start(
  new WASI(options).instantiate(new WebAssembly.Module(bytes)),
)
const asInstance: WebAssembly.Instance = linkedByHost
const guest: ours.Guest = createGuest({ version: 'preview1', listen: ['127.0.0.1:0', { fd: 3 }] })
const [first]: readonly ours.Listener[] = guest.listeners
const ports: number[] = new WASI({ version: 'preview1', listen: ['[::1]:8080'] }).listeners.map(
  listener => listener.port,
)
const served: Promise<ours.RunResult> = ours.run(bytes as ArrayBuffer, {
  listen: [`${first?.address}:${first?.port}`],
  onListening: all => all[0]?.fd,
})
const memory: MemoryLike = new WebAssembly.Memory({ initial: 1 })
guest.bind(memory)
guest.bind({ buffer: new ArrayBuffer(8) })
const exports: Record<string, WebAssembly.ModuleImports> = { [guest.namespace]: guest.imports }
const exit: number = guest.run(() => linked.exports)
new WASI({
  version: 'preview1',
  clocks: { realtime: () => 0n, monotonic: undefined },
  sleep: nanoseconds => nanoseconds.toFixed(),
  random: bytes => void bytes.fill(0),
})
new WASI({ version: 'preview1', seed: 1, traceFormat: 'json', traceTimes: true, metrics: true })
new WASI({ version: 'preview1', traceFormat: 'perfetto', traceFilter: ['path_*', '!path_open'] })
new WASI({ version: 'preview1', deterministic: true })
createGuest({ version: 'preview1', deterministic: { seed: 1, start: new Date() } })
const counted: number | undefined = guest.metrics().fd_read?.errnos.NOENT
const reported = ({
  call,
  args,
  paths,
  errno,
  reason,
  results,
  nanoseconds,
}: ours.HostcallEvent): unknown[] => [
  call,
  args.fd,
  paths?.fd?.length,
  errno,
  reason?.length,
  results?.nread,
  nanoseconds,
]
ours
  .run(bytes, { deterministic: { start: 0n }, metrics: true })
  .then(({ metrics }) => metrics?.path_open?.calls)

declare const module_: WebAssembly.Module
declare const either: ours.RunOptions<ours.OutputEncoding>
const pool = new ours.Pool()
export const texts: Promise<string> = ours
  .run('program.wasm', { encoding: 'utf8', input: 'text', stdin: undefined })
  .then(({ stdout, stderr }) => stdout + stderr)
export const buffers: Promise<Buffer> = ours
  .run(new URL('file:///program.wasm'), { encoding: 'buffer' })
  .then(({ stdout }) => stdout)
export const byDefault: Promise<Buffer> = pool.run(module_).then(({ stdout }) => stdout)
export const pooled: Promise<ours.RunResult<string>> = pool.run(bytes, { encoding: 'utf8' })
export const unsure: Promise<Buffer | string> = ours.run(bytes, either).then(({ stderr }) => stderr)
const common: ours.RunOptions = { stdin: 'ignore', stdout: 'capture', stderr: 'inherit' }
export const extended: Promise<ours.RunResult<string>> = ours.run(Buffer.of(), {
  ...common,
  encoding: 'utf8',
})
ours.run(new SharedArrayBuffer(8), { stdin: process.stdin, stdout: process.stdout })
ours.run(new DataView(new ArrayBuffer(8)), { stdin: async () => 'chunk', stdout: async () => {} })
new WASI({ version: 'preview1', input: new Uint8Array(1), stdout: 'ignore', stderr: 'inherit' })
guest.instantiate('program.wasm')
new WASI(options).instantiate(new URL('file:///program.wasm'))
export function closed(): void {
  using one = new WASI({ version: 'preview1', stdin: ['a', Buffer.of()] })
  using other = createGuest({ version: 'preview1', stdin: () => 'chunk', env: { ...process.env } })
  one.instantiate(bytes)
  other.instantiate(bytes)
}
export async function drained(): Promise<void> {
  await using one = new ours.Pool({ size: 1 })
  await one.run(bytes)
}

// Guests that run meanwhile, and instances.

const spawned = ours.spawn(bytes, { args: ['a'], timeout: 5 })
spawned.stdin.end('text')
spawned.stdout.pipe(process.stdout)
spawned.stderr.setEncoding('utf8')
const ended: Promise<number> = spawned.exited.then(({ exitCode }) => exitCode)
async function read(): Promise<string> {
  for await (const line of spawned) return line
  await spawned[Symbol.asyncDispose]()
  return ''
}
const { stdin: none, stdout: some } = new ours.Pool().spawn(bytes, {
  stdin: 'ignore',
  stdout: 'pipe',
})
const noStdin: null = none
export const fed: null = ours.spawn('program.wasm', { input: 'text', encoding: 'utf8' }).stdin
export const captured: Promise<string> = ours
  .spawn(bytes, { stdout: 'capture', encoding: 'utf8' })
  .exited.then(({ stdout }) => stdout)
ours.spawn(bytes, { stdin: ['a'], stderr: undefined }).stderr.resume()
some.on('data', () => spawned.kill('why'))
declare const anyOptions: ours.SpawnOptions
ours.spawn(bytes, anyOptions).stdout?.resume()
const anySpawned: ours.SpawnedGuest = spawned

const called: Promise<ours.GuestInstance> = ours.instantiate(bytes, {
  imports: new URL('file:///imports.js'),
  maxMemory: 65536,
})
called.then(async instance => {
  const value: ours.CallResult = await instance.call('add', 1, 2n)
  const at: number = await instance.call<number>('malloc', 8)
  await instance.write(at, new Uint8Array(8))
  const copied: Uint8Array = await instance.read(0, 8)
  await instance.write(8, copied)
  const { stdout, truncated }: ours.InstanceResult = await instance.close()
  return [value, stdout, truncated]
})
const importsModule = ({ memory, exports }: ours.ImportsContext) => ({
  env: { log: (at: number) => exports.log(new Uint8Array(memory.buffer, at)) },
})

// Snapshots.

const restored: Promise<ours.GuestInstance<string>> = ours.instantiate(bytes).then(async first => {
  const snapshot: ours.GuestSnapshot = await first.snapshot()
  const saved: Uint8Array = snapshot.bytes()
  const snapshotOptions: ours.SnapshotOptions = { module: saved }
  const loaded = ours.GuestSnapshot.from(saved, snapshotOptions)
  const hash: string = loaded.moduleHash
  await pool.instantiate(loaded, { reseed: 'reseed', timeout: 1000, args: [hash] })
  return ours.instantiate(loaded, { encoding: 'utf8', reseed: undefined })
})
// @ts-expect-error: only a GuestInstance makes one
new ours.GuestSnapshot()
// @ts-expect-error: a program that ends is not restored
ours.run(loadedSnapshot)
// @ts-expect-error: the name of an export
ours.instantiate(loadedSnapshot, { reseed: () => 0 })

// Types that are inferred have a name, in an editor and in declarations.

export const inferred = {
  spawned: () => ours.spawn(bytes, { stdin: 'ignore' }),
  wrapped: <const Options extends ours.SpawnOptions>(spawned: ours.SpawnedBy<Options>) => spawned,
  result: () => ours.run(bytes, either),
  called: (instance: ours.GuestInstance) => instance.call('add', 1),
  usage: new ours.MemoryFiles().used,
  limits: (limits: ours.Limits) => limits.hostcalls,
  call: (event: ours.HostcallEvent) => event.call,
  metrics: guest.metrics(),
}
const name: ours.HostcallName = 'path_open'
// @ts-expect-error: there is no such hostcall
const noName: ours.HostcallName = 'path_opens'
const address: Promise<number> = ours.instantiate(bytes).then(i => i.call<number>('malloc', 16))
declare const anyEncoding: ours.InstantiateOptions<ours.OutputEncoding>
const either_: Promise<ours.GuestInstance<Buffer | string>> = ours.instantiate(bytes, anyEncoding)
const pooledEither: Promise<ours.GuestInstance<Buffer | string>> = pool.instantiate(
  bytes,
  anyEncoding,
)
const folder: ours.Preopen = { path: '.', overlay: new ours.MemoryFiles() }
const folders: ours.GuestOptions['preopens'] = {
  '/a': folder,
  '/b': { file: 'key.pem' },
  '/c': { files: { latest: { symlink: 'a' } }, quota: { bytes: 1 } },
}
const change = ({ kind, type }: ours.FileChange): boolean =>
  kind === 'created' && type === 'symlink'
const failure = new ours.RunError('ERR_WASI_TRAP', 'message', { stderr: Buffer.of() })
const exitCode = (thrown: unknown): number | undefined =>
  thrown instanceof ours.GuestExit || thrown instanceof ours.WASIExit ? thrown.exitCode : undefined

// Components.

const host: ComponentHost = createComponentHost({
  args: ['a'],
  preopens: { '/': { path: '.', readOnly: true } },
  stdout: chunk => chunk.length,
  limits: { descriptors: 10 },
})
const interfaces: Readonly<Record<string, Readonly<Record<string, unknown>>>> = host.imports
const componentCode: number = host.run(() => interfaces['wasi:cli/run'])
export function ofComponent(): void {
  using own = createComponentHost()
  own.metrics()
}
_setArgs(['a', 'b'])
filesystem._setPreopens({ '/data': './data' })
const component: unknown[] = [environment.getArguments, new WASIShim().getImportObject()]
// @ts-expect-error: WASI 0.2 has one version here
createComponentHost({ version: 'preview1' })
// @ts-expect-error: a path is no number
filesystem._addPreopen('/', 1)

// Mistakes that the types must refuse.

// @ts-expect-error: text that is read is `input`
ours.run(bytes, { stdin: 'text' })
// @ts-expect-error: misspelt
createGuest({ version: 'preview1', stdout: 'inherited' })
// @ts-expect-error: only run and Pool capture
createGuest({ version: 'preview1', stdout: 'capture' })
// @ts-expect-error: only run and Pool have an encoding
createGuest({ version: 'preview1', encoding: 'utf8' })
// @ts-expect-error: there is no such encoding
ours.run(bytes, { encoding: 'latin1' })
// @ts-expect-error: an argument is a string
createGuest({ version: 'preview1', args: [1] })
// @ts-expect-error: a variable is a string
createGuest({ version: 'preview1', env: { A: 1 } })
// @ts-expect-error: a number is no module
ours.run(5)
// @ts-expect-error: nor is what was not awaited
ours.run(Promise.resolve(bytes))
// @ts-expect-error: nor a response
ours.run({ body: bytes })
// @ts-expect-error: its text is no string by default
export const noText: Promise<string> = ours.run(bytes).then(({ stdout }) => stdout)
// @ts-expect-error: misspelt
ours.spawn(bytes, { stdout: 'pipe', timeot: 5 })
// @ts-expect-error: there is no such stream
ours.spawn(bytes, { stdout: 'pipes' })
// @ts-expect-error: it has no pipe
ours.spawn(bytes, { stdin: 'ignore' }).stdin.end()
// @ts-expect-error: a text is no result
called.then(instance => instance.call<string>('add', 1))
// @ts-expect-error: a text is no number
called.then(instance => instance.call('add', '1'))
// @ts-expect-error: no call returns a text
called.then(instance => instance.call<string>('add'))
// @ts-expect-error: an instance has one thread
ours.instantiate(bytes, { threads: 2 })
// @ts-expect-error: functions do not go to a worker
ours.run(bytes, { imports: { env: {} } })

// @ts-expect-error: the version must be given
new WASI({})
// @ts-expect-error: there is no such version
new WASI({ version: 'preview2' })
// @ts-expect-error: misspelt
new WASI({ version: 'preview1', preopen: { '/': '.' } })
// @ts-expect-error: misspelt
new WASI({ version: 'preview1', preopens: { '/': { path: '.', readonly: true } } })
// @ts-expect-error: a folder of nowhere
new WASI({ version: 'preview1', preopens: { '/': { readOnly: true } } })
// @ts-expect-error: a path is no number
new WASI({ version: 'preview1', preopens: { '/': 1 } })
// @ts-expect-error: there is no such backend
new WASI({ version: 'preview1', backend: 'fast' })
// @ts-expect-error: a stream is no descriptor
new WASI({ version: 'preview1', stdin: process.stdin })
// @ts-expect-error: a line is no number
new WASI({ version: 'preview1', trace: (line: number) => line })
// @ts-expect-error: a filter is a list of patterns
new WASI({ version: 'preview1', traceFilter: 'path_*' })
// @ts-expect-error: a time is a bigint
new WASI({ version: 'preview1', clocks: { realtime: () => 5 } })
// @ts-expect-error: functions do not go to a worker
ours.run(bytes, { sleep() {} })
// @ts-expect-error: there is no such hostcall
guest.metrics().fd_reed
// @ts-expect-error: a string is no list
new WASI({ version: 'preview1', args: 'a b' })
// @ts-expect-error: a port alone is no place
createGuest({ version: 'preview1', listen: [8080] })
// @ts-expect-error: this option is the class's
createGuest({ version: 'preview1', returnOnExit: true })
// @ts-expect-error: it is no memory
guest.bind({ bytes: new ArrayBuffer(8) })
// @ts-expect-error: without an instance
new WASI(options).start()
// @ts-expect-error: misspelt
new WASI(options).finalizeBindings(instance, { memori: memory })
// @ts-expect-error: node:wasi's class does not close
new node.WASI(options).close()
// @ts-expect-error: node:wasi's options know no backend
const less: node.WASIOptions = { version: 'preview1', backend: 'native' }
// @ts-expect-error: what is more than a path does not go to node:wasi
new node.WASI({ version: 'preview1', preopens: { '/': { path: '.' } } })
// @ts-expect-error: it is not replaced as a whole
new WASI(options).wasiImport = {}

// A pool.

const bounded = new ours.Pool({ size: 2, maxQueue: 10, spareProcesses: 0 })
const compiling: Promise<ours.CompiledModule> = bounded.compile('program.wasm', {
  maxMemory: 2 ** 20,
  isolation: 'process',
})
const ran = compiling.then(compiled => [bounded.run(compiled), ours.run(compiled)])
const { waiting, timedOut }: ours.PoolStats = bounded.stats
// @ts-expect-error: a number
bounded.stats.finished = 'many'
// @ts-expect-error: an option of the run
bounded.compile(bytes, { timeout: 5 })

export {
  address,
  anySpawned,
  asInstance,
  cast,
  change,
  code,
  component,
  componentCode,
  counted,
  either_,
  ended,
  exit,
  exitCode,
  exports,
  failure,
  folders,
  imports,
  importsModule,
  instantiated,
  less,
  made,
  module,
  name,
  named,
  noName,
  noStdin,
  nothing,
  own,
  pooledEither,
  ports,
  ran,
  read,
  reported,
  restored,
  served,
  startedByHost,
  timedOut,
  waiting,
  wasi,
  wasiImport,
  widened,
}

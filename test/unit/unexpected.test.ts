/**
 * A host error without a WASI errno: the guest receives IO; the hook, the channel and NODE_DEBUG
 * receive the whole error.
 */
import { spawnSync } from 'node:child_process'
import { failing, withFailing } from '../sys/failing.js'
import { call, command } from '../wasm.js'

/** Linux's error for broken memory; no list of expected errors has it. */
const EHWPOISON = 133
const program = command([call('proc_exit', call('fd_sync', 3))])

/** Runs the guest in each way and prints its result and every reported error. */
const source = `
  import diagnostics from 'node:diagnostics_channel'
  import os from 'node:os'
  import { createGuest, run } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
  const bytes = Uint8Array.from(${JSON.stringify([...program])})
  const reported = []
  const tell = who => error => reported.push({ who, name: error.name, code: error.code, call: error.call, message: error.message,
    cause: { code: error.cause.code, errno: error.cause.errno, syscall: error.cause.syscall } })
  const channel = tell('channel')
  diagnostics.subscribe('wasi-common:unexpected', ({ error }) => channel(error))
  const preopens = { '/': os.tmpdir() }
  const codes = []
  for (const backend of ['native', 'typescript']) {
    const guest = createGuest({ version: 'preview1', preopens, backend, onUnexpected: tell('hook') })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { [guest.namespace]: guest.imports })
    guest.bind(instance.exports.memory)
    codes.push(guest.run(instance.exports._start))
  }
  codes.push((await run(bytes, { preopens, threads: 1, onUnexpected: tell('hook') })).exitCode)
  console.log(JSON.stringify({ codes, reported }))`

withFailing('fsync answers what nobody expects', t => {
  const env = { ...process.env, NODE_DEBUG: 'wasi-common' }
  const args = ['fsync', String(EHWPOISON), process.execPath, '--input-type=module', '-e', source]
  const { stdout, stderr, status } = spawnSync(failing, args, { encoding: 'utf8', env })
  t.is(status, 0, stderr)
  const { codes, reported } = JSON.parse(stdout)
  t.deepEqual(codes, [29, 29, 29], 'IO')
  t.deepEqual(
    reported.map(({ who }: { who: string }) => who),
    ['channel', 'hook', 'channel', 'hook', 'channel', 'hook'],
  )
  for (const { name, code, call, message, cause } of reported) {
    t.deepEqual({ name, code, call }, { name: 'UnexpectedError', code: 'EIO', call: 'fd_sync' })
    t.is(cause.errno, -EHWPOISON)
    t.is(cause.syscall, 'fsync')
    t.regex(message, /^unexpected host error in fd_sync: .*fsync/)
  }
  t.is(stderr.match(/UnexpectedError: unexpected host error in fd_sync/g)?.length, 3)
  t.is(stderr.match(/errno: -133/g)?.length, 3)
})

/** wasi-common-wall by itself: how it is told what to do, and what it leaves of a process before the program begins. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { addonFile } from '#lib/sys/native.js'
import { walled } from '#lib/sys/wall.js'
import { scratch, withWall } from './ground.js'

/** How to run a script behind the wall. */
function behind(t: Parameters<typeof scratch>[0], script: string, channel = 3, control = 4): ReturnType<typeof walled> {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'script.cjs'), script)
  return walled({ strict: true, folders: [{ path: folder, readOnly: true }], channel, control, program: [join(folder, 'script.cjs')] })
}
const wall = '{"kind":"wall",'

withWall('it says first how the wall is; the program has its arguments, and no environment', async t => {
  const { file, args, env } = behind(t, 'console.log(process.argv.length, Object.keys(process.env), process.execPath)')
  process.env.WASI_COMMON_SECRET = 'x'
  const { stdout, output, status } = spawnSync(file, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] })
  delete process.env.WASI_COMMON_SECRET
  t.is(status, 0)
  t.regex(stdout, /^2 \[( 'LD_LIBRARY_PATH',)? 'OPENSSL_CONF' \] \S+\n$/)
  t.true(output[4]?.startsWith(wall))
})

withWall('descriptors that it inherits are closed', async t => {
  const script = `const fs = require('node:fs')
    for (const fd of [4, 9]) try { console.log(fs.readlinkSync('/proc/self/fd/' + fd).includes('secret')) } catch (error) { console.log(error.code) }`
  const secret = fs.openSync(join(scratch(t), 'secret'), 'w')
  t.teardown(() => fs.closeSync(secret))
  const { file, args, env } = behind(t, script)
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe', secret, ...new Array(4).fill('ignore'), secret] as never
  const inside = spawnSync(file, args, { env, encoding: 'utf8', stdio })
  t.notRegex(inside.stdout, /true/)
  t.is(inside.stdout.split('\n').length, 3)
  const outside = spawnSync(process.execPath, args.slice(args.indexOf('--') + 2), { encoding: 'utf8', stdio })
  t.is(outside.stdout, 'true\ntrue\n')
})

withWall('no privileges are new, and of capabilities those about modes of files are left at most', async t => {
  // What /proc tells of the process is told to its host, for it may not read it itself.
  const { file, args, env } = behind(t, 'console.log("there"); setTimeout(() => {}, 60_000)')
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8')
  child.kill('SIGKILL')
  const field = (name: string): bigint => BigInt(`0x${new RegExp(`^${name}:\\t([0-9a-f]+)$`, 'm').exec(status)?.[1]}`)
  t.is(field('NoNewPrivs'), 1n)
  t.is(field('Seccomp'), 2n)
  const aboutModes = 0b1110n
  for (const set of ['CapPrm', 'CapEff', 'CapAmb', ...(process.getuid?.() === 0 ? ['CapBnd'] : [])]) t.is(field(set) & ~aboutModes, 0n, set)
})

withWall('it dies with its host', async t => {
  const { file, args, env } = behind(t, 'console.log(1); setInterval(() => {}, 1000)')
  // Another host, whose process identifier it is told.
  const own = (pid: string): string =>
    `[${args.map(arg => JSON.stringify(arg)).join(',')}].map(arg => arg === ${JSON.stringify(String(process.pid))} ? String(${pid}) : arg)`
  const host = `const { spawn } = require('node:child_process')
    spawn(${JSON.stringify(file)}, ${own('process.pid')}, { env: ${JSON.stringify(env)}, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', host], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  // Its standard output ends when nobody has it any more.
  t.is(await text(child.stdout), '')
})

withWall('a host that is not the one that was named is none', async t => {
  const { file, args, env } = behind(t, 'console.log("there")')
  const { stdout, status } = spawnSync(file, args.with(args.indexOf('--parent') + 1, '1'), { env, encoding: 'utf8' })
  t.deepEqual([stdout, status], ['', 69])
})

withWall('a program that is missing, or not allowed to be executed, is told', async t => {
  const { file } = behind(t, '')
  const tried = (...words: string[]) => spawnSync(file, ['--tell', '1', ...words], { encoding: 'utf8' })
  t.is(tried('--', '/missing').stdout, '{"kind":"broken","call":"open","error":2}\n')
  t.regex(tried('--', '/bin/sh').stdout, /^\{"kind":"wall",.*\}\n\{"kind":"broken","call":"execveat","error":13\}\n$/)
  for (const words of [[], ['--'], ['--odd', '1', '--', 'x'], ['--read']]) t.is(tried(...words).status, 64, words.join(' '))
})

test('it lies beside the addon', t => {
  if (process.platform === 'linux') t.true(fs.existsSync(join(dirname(addonFile()), 'wasi-common-wall')))
  else t.throws(() => walled({ strict: false, folders: [], channel: 3, control: 4, program: [] }), { code: 'ERR_WASI_NO_WALL' } as object)
})

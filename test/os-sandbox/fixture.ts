/**
 * Shared parts of the OS sandbox's tests: the kernel's ability, the users who attack, and folders
 * with something to attack.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { Fixture } from './attacks.js'

/** A program of the tests. */
export const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Returns why this kernel has no strict OS sandbox, or undefined. */
function standing(): string | undefined {
  const { stdout } = spawnSync(process.execPath, [program('runner.js'), 'strict'], {
    encoding: 'utf8',
  })
  return stdout.startsWith('ERR_WASI_OS_SANDBOX_UNAVAILABLE ') ? stdout.trim() : undefined
}
export const missing = standing()

type Body = (t: ExecutionContext) => Promise<void> | void
/** Registers a test that needs the strict OS sandbox, or skips it with the reason. */
export const withSandbox = (title: string, body: Body): void =>
  missing === undefined ? test.serial(title, body) : test.serial.skip(`${title} [${missing}]`, body)

/** A user who attacks; undefined on a platform without numbers for users. */
export type User = number | undefined
/** Root and a user without privileges where the tests run as root; else the user who runs them. */
const users: readonly User[] = process.getuid?.() === 0 ? [0, 65534] : [process.getuid?.()]
export const identity = (user: User): { uid?: number; gid?: number } =>
  user === undefined ? {} : { uid: user, gid: user }

/**
 * Returns why a process of this user cannot run the tests' programs, or undefined: it must reach
 * Node and this checkout.
 */
function unreachable(user: User): string | undefined {
  const { status } = spawnSync(process.execPath, ['--check', program('host.js')], {
    ...identity(user),
    stdio: 'ignore',
  })
  return status === 0
    ? undefined
    : `user ${user} cannot execute ${process.execPath} or read ${program('host.js')}`
}
const reasons = users.map(unreachable)

/** Registers a test once for each user, or skips it with the reason. */
export function asEachUser(
  register: (title: string, body: Body) => void,
  title: string,
  body: (t: ExecutionContext, user: User) => Promise<void> | void,
): void {
  for (const [i, user] of users.entries()) {
    const own = `${title} (as user ${user})`
    if (reasons[i] === undefined) register(own, t => body(t, user))
    else test.skip(`${own} [${reasons[i]}]`, t => t.pass())
  }
}

/** Gives a folder and all below it to a user. */
export function give(folder: string, user: User): void {
  if (user === undefined || user === process.getuid?.()) return
  for (const name of ['', ...(fs.readdirSync(folder, { recursive: true }) as string[])])
    fs.lchownSync(join(folder, name), user, user)
}

/**
 * Runs an entry by host.js as a user. Returns the output of the entry, and the line in which the
 * host prints its end.
 */
export async function hosted(
  t: ExecutionContext,
  entry: string,
  user: User,
  options: object = {},
): Promise<{ said: string; end: string }> {
  const file = join(scratch(t), 'said')
  const stdout = fs.openSync(file, 'w')
  const words = [
    program('host.js'),
    entry,
    JSON.stringify({ stdin: 'ignore', stdout: 1, say: 3, ...options }),
  ]
  const host = spawn(process.execPath, words, {
    ...identity(user),
    stdio: ['ignore', stdout, 'inherit', 'pipe'],
    detached: true,
  })
  fs.closeSync(stdout)
  const [end] = await Promise.all([
    text(host.stdio[3] as NodeJS.ReadableStream),
    once(host, 'close'),
  ])
  return { said: fs.readFileSync(file, 'utf8'), end }
}

export function scratch(t: ExecutionContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A library of test/native, compiled; undefined where there is no compiler. */
export function compiled(folder: string, name: string): string | undefined {
  const source = fileURLToPath(new URL(`../../../test/native/${name}.c`, import.meta.url))
  const file = join(folder, `${name}.so`)
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', file, source], {
    encoding: 'utf8',
  })
  if (status !== 0 && /\S/.test(stderr ?? '')) throw new Error(stderr)
  return status === 0 ? file : undefined
}

/**
 * A folder with the attacker's program in it, and all that it attacks; everything belongs to the
 * user.
 */
export async function fixture(
  t: ExecutionContext,
  user: User,
): Promise<{ box: string; entry: string } & Fixture> {
  const folder = scratch(t)
  const [box, outside, readOnly] = ['box', 'outside', 'read-only'].map(name => join(folder, name))
  for (const path of [box, outside, join(outside, 'empty'), readOnly]) fs.mkdirSync(path)
  for (const name of ['secret', 'moved', 'victim'])
    fs.writeFileSync(join(outside, name), 'as it was')
  fs.writeFileSync(join(readOnly, 'f'), 'as it was')
  const listener = net.createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => void listener.close())
  const { port } = listener.address() as net.AddressInfo
  const all: Fixture = {
    outside,
    readOnly,
    port,
    host: process.pid,
    library: compiled(box, 'attacks'),
  }
  fs.writeFileSync(join(box, 'fixture.json'), JSON.stringify(all))
  const entry = join(box, 'attacks.mjs')
  fs.copyFileSync(program('attacks.js'), entry)
  give(folder, user)
  return { box, entry, ...all }
}

/** All below a folder, with what is in it. */
export const contents = (folder: string): unknown =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(entry => [
      join(entry.parentPath, entry.name),
      entry.isFile() ? fs.readFileSync(join(entry.parentPath, entry.name), 'utf8') : '',
    ])
    .sort()

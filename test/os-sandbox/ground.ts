/** What the tests of the wall have together: whether this kernel can have one, and folders with something to attack. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { Scene } from './attacks.js'

/** A program of the tests. */
export const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Why there is no wall here, or nothing. */
function standing(): string | undefined {
  const { stdout } = spawnSync(process.execPath, [program('runner.js'), 'strict'], { encoding: 'utf8' })
  return stdout.startsWith('ERR_WASI_NO_WALL ') ? stdout.trim() : undefined
}
export const missing = standing()

type Body = (t: ExecutionContext) => Promise<void> | void
/** Registers a test that needs the whole wall, or says why it is skipped. */
export const withWall = (title: string, body: Body): void =>
  missing === undefined ? test.serial(title, body) : test.serial.skip(`${title} [${missing}]`, body)

/** Why a process of another user cannot run the tests' programs, or nothing: it must reach Node and this checkout. */
export function unreachable(uid: number | undefined): string | undefined {
  if (uid === undefined) return undefined
  const { status } = spawnSync(process.execPath, ['--check', program('host.js')], { uid, gid: uid, stdio: 'ignore' })
  return status === 0 ? undefined : `user ${uid} cannot execute ${process.execPath} or read ${program('host.js')}`
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
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', file, source], { encoding: 'utf8' })
  if (status !== 0 && /\S/.test(stderr ?? '')) throw new Error(stderr)
  return status === 0 ? file : undefined
}

/** A folder with the attacker's program in it, and all that he goes for. */
export async function scene(t: ExecutionContext): Promise<{ box: string; entry: string } & Scene> {
  const folder = scratch(t)
  const [box, outside, readOnly] = ['box', 'outside', 'read-only'].map(name => join(folder, name))
  for (const path of [box, outside, join(outside, 'empty'), readOnly]) fs.mkdirSync(path)
  for (const name of ['secret', 'moved', 'victim']) fs.writeFileSync(join(outside, name), 'as it was')
  fs.writeFileSync(join(readOnly, 'f'), 'as it was')
  const listener = net.createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => void listener.close())
  const { port } = listener.address() as net.AddressInfo
  const all: Scene = { outside, readOnly, port, host: process.pid, library: compiled(box, 'attacks') }
  fs.writeFileSync(join(box, 'scene.json'), JSON.stringify(all))
  const entry = join(box, 'attacks.mjs')
  fs.copyFileSync(program('attacks.js'), entry)
  return { box, entry, ...all }
}

/** All below a folder, with what is in it. */
export const contents = (folder: string): unknown =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(entry => [join(entry.parentPath, entry.name), entry.isFile() ? fs.readFileSync(join(entry.parentPath, entry.name), 'utf8') : ''])
    .sort()

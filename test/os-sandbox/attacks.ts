/**
 * The attempts of a guest that escaped WebAssembly and controls its process. Run as a program, it
 * prints `NAME CODE` for each attempt, OK if it succeeded.
 */
import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The targets of the attacks. The record is in a file beside this one, in the only folder that the
 * guest has.
 */
export interface Fixture {
  /** A folder that was not given, with the file `secret`, and the folder `empty`. */
  readonly outside: string
  /** A folder that was given to read only, with the file `f`. */
  readonly readOnly: string
  /** Somebody listens there, on the loopback. */
  readonly port: number
  /** The process of the host. */
  readonly host: number
  /** The compiled attacks.c, if there is a compiler. */
  readonly library: string | undefined
  /** Only make this system call of another machine's, by that library. */
  readonly foreign?: number
}

type Attack = (fixture: Fixture) => unknown
const box = fileURLToPath(new URL('.', import.meta.url))
const ended = async (emitter: net.Server | net.Socket, event: string): Promise<void> => {
  await once(emitter, event)
  if (emitter instanceof net.Socket) emitter.destroy()
  else emitter.close()
}
function started(file: string, args: string[]): void {
  const { error, status } = spawnSync(file, args)
  if (error !== undefined) throw error
  if (status !== 0) throw Object.assign(new Error('it failed'), { code: `status ${status}` })
}

const attacks: Readonly<Record<string, Attack>> = {
  'read a file': ({ outside }) => fs.readFileSync(join(outside, 'secret')),
  'read the users of the machine': () => fs.readFileSync('/etc/passwd'),
  'list a folder': ({ outside }) => fs.readdirSync(outside),
  'write to a file': ({ outside }) => fs.appendFileSync(join(outside, 'secret'), 'x'),
  'truncate a file': ({ outside }) => fs.truncateSync(join(outside, 'secret'), 3),
  'make a file': ({ outside }) => fs.writeFileSync(join(outside, 'new'), ''),
  'make a folder': ({ outside }) => fs.mkdirSync(join(outside, 'new-folder')),
  'make a link': ({ outside }) => fs.symlinkSync('/', join(outside, 'new-link')),
  'read by a link': ({ outside }) => {
    fs.symlinkSync(join(outside, 'secret'), join(box, 'link'))
    fs.readFileSync(join(box, 'link'))
  },
  'fetch a file by a hard link': ({ outside }) =>
    fs.linkSync(join(outside, 'secret'), join(box, 'hard')),
  'fetch a file by a rename': ({ outside }) =>
    fs.renameSync(join(outside, 'moved'), join(box, 'moved')),
  'plant a file by a rename': ({ outside }) => {
    fs.writeFileSync(join(box, 'planted'), '')
    fs.renameSync(join(box, 'planted'), join(outside, 'planted'))
  },
  'remove a file': ({ outside }) => fs.unlinkSync(join(outside, 'victim')),
  'remove a folder': ({ outside }) => fs.rmdirSync(join(outside, 'empty')),
  'set the times of a file': ({ outside }) => fs.utimesSync(join(outside, 'secret'), 1, 1),
  'change a mode': ({ outside }) => fs.chmodSync(join(outside, 'secret'), 0o777),
  'change an owner': ({ outside }) =>
    fs.chownSync(join(outside, 'secret'), process.getuid?.() ?? 0, process.getgid?.() ?? 0),
  'change a mode in what was given': () => {
    fs.writeFileSync(join(box, 'own'), '')
    fs.chmodSync(join(box, 'own'), 0o4777)
  },
  'write to what was given to read': ({ readOnly }) => fs.appendFileSync(join(readOnly, 'f'), 'x'),
  'truncate what was given to read': ({ readOnly }) => {
    const { O_RDONLY, O_TRUNC } = fs.constants
    fs.closeSync(fs.openSync(join(readOnly, 'f'), O_RDONLY | O_TRUNC))
  },
  'make a file in what was given to read': ({ readOnly }) =>
    fs.writeFileSync(join(readOnly, 'new'), ''),
  'hear of files': ({ outside }) => fs.watch(outside).close(),
  'read the host’s memory': ({ host }) => fs.closeSync(fs.openSync(`/proc/${host}/mem`, 'r')),
  'read the host’s environment': ({ host }) => fs.readFileSync(`/proc/${host}/environ`),
  'open what the host has open': ({ host }) => fs.closeSync(fs.openSync(`/proc/${host}/exe`, 'r')),
  'find what the host has open': ({ host }) => fs.readlinkSync(`/proc/${host}/fd/1`),
  'write to its own memory': () => fs.closeSync(fs.openSync('/proc/self/mem', 'r+')),
  'go round by /proc/self/root': ({ outside }) =>
    fs.readFileSync(`/proc/self/root${outside}/secret`),
  'signal the host': ({ host }) => process.kill(host, 0),
  'signal all of its group': () => process.kill(0, 0),
  'start a program': () => started('/bin/sh', ['-c', ':']),
  'start a program of its own': () => {
    fs.writeFileSync(join(box, 'own-program'), '#!/bin/sh\n:\n', { mode: 0o755 })
    started(join(box, 'own-program'), [])
  },
  'start node': () => started(process.execPath, ['--version']),
  connect: ({ port }) => ended(net.connect(port, '127.0.0.1'), 'connect'),
  listen: () => ended(net.createServer().listen(0, '127.0.0.1'), 'listening'),
  'listen on a path': () => ended(net.createServer().listen(join(box, 'socket')), 'listening'),
  'listen on a name': () =>
    ended(net.createServer().listen(`\0wasi-common-${process.pid}`), 'listening'),
  'send a datagram': async ({ port }) => {
    const socket = dgram.createSocket('udp4')
    socket.send('x', port, '127.0.0.1')
    try {
      await Promise.race([
        once(socket, 'listening'),
        once(socket, 'error').then(([error]) => Promise.reject(error)),
      ])
    } finally {
      socket.close()
    }
  },
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException)?.code ?? String(error)
const say = (text: string): void => void fs.writeSync(1, `${text}\n`)

const fixture: Fixture = JSON.parse(fs.readFileSync(join(box, 'fixture.json'), 'utf8'))
for (const [name, attack] of fixture.foreign !== undefined ? [] : Object.entries(attacks)) {
  try {
    await attack(fixture)
    say(`${name} OK`)
  } catch (error) {
    say(`${name} ${codeOf(error)}`)
  }
}
if (fixture.library !== undefined) {
  Object.assign(process.env, {
    HOST: fixture.host,
    BOX: box,
    PROGRAM: process.execPath,
    ...(fixture.foreign !== undefined && { FOREIGN: fixture.foreign }),
  })
  try {
    // It does what it does as it is loaded; a module of Node it is not.
    process.dlopen({ exports: {} }, fixture.library)
  } catch (error) {
    if (codeOf(error) !== 'ERR_DLOPEN_FAILED' || !/self-register/.test(String(error)))
      say(`load ${error}`)
  }
}
say('all was tried')
try {
  // A line before the request would end the run.
  fs.readSync(3, Buffer.alloc(4))
  fs.writeSync(3, '{"kind":"exit","code":0}\n')
} catch {
  // Without the OS sandbox no process listens there.
}

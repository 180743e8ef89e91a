/**
 * More pieces than one call takes, on sockets: a stream is moved in part, a datagram not at all.
 */
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { backends } from './fixture.js'

/**
 * Runs `program` with one end of a pair of sockets as standard input; what it prints, and what came
 * of it at the other end.
 */
function paired(kind: 'STREAM' | 'DGRAM', program: string): string {
  const python = `
import os, socket, subprocess, sys
mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_${kind})
mine.send(b'x' * 2000)
run = subprocess.run(sys.argv[1:], stdin=other.fileno(), stdout=subprocess.PIPE)
other.close()
sys.stdout.buffer.write(run.stdout)`
  const { stdout, stderr } = spawnSync(
    'python3',
    ['-c', python, process.execPath, '--input-type=module', '-e', program],
    {
      encoding: 'utf8',
      // A build with sanitizers would report what Python itself never frees.
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
    },
  )
  return stdout + stderr
}
const program = (backend: string): string => `
  import { createGuest } from ${JSON.stringify(import.meta.resolve('#lib/index.js'))}
  const { imports, bind } = createGuest({ version: 'preview1', backend: '${backend}', stdin: 0 })
  const memory = new WebAssembly.Memory({ initial: 1 })
  const view = new DataView(memory.buffer)
  for (let i = 0; i < 1500; i++) [0x8000 + i, 1].forEach((word, j) => view.setUint32(0x1000 + 8 * i + 4 * j, word, true))
  bind(memory)
  const said = [imports.sock_recv(0, 0x1000, 1500, 0, 0x40, 0x44), view.getUint32(0x40, true)]
  said.push(imports.fd_read(0, 0x1000, 1500, 0x40), view.getUint32(0x40, true))
  console.log(said.join(' '))`

for (const backend of backends) {
  const wanted = process.platform === 'win32' ? test.skip : test
  wanted(
    `sock_recv, fd_read: of 1500 pieces a stream fills 1024 (${backend}) [pairs of sockets are POSIX's]`,
    t => {
      t.is(paired('STREAM', program(backend)), '0 1024 0 976\n')
    },
  )
}
const native = process.platform === 'win32' ? test.skip : test
native(
  "sock_recv, fd_read: 1500 pieces for a datagram are MSGSIZE, and INVAL, as on Linux [pairs of sockets are POSIX's]",
  t => {
    t.is(paired('DGRAM', program('native')), '35 0 28 0\n')
  },
)

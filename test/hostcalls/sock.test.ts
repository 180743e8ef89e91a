/**
 * The four calls on sockets, against a peer in another process: on one that is both standard input
 * and output, and on a connection.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import test, { type ExecutionContext } from 'ava'
import {
  blank,
  Fdflags,
  Filetype,
  Fixture,
  openDescriptors,
  rights,
  snapshots,
  u8,
  u16,
  u32,
  u64,
  ways,
} from './fixture.js'

const PEEK = 1
const WAITALL = 2
const RECEIVING = 1
const SENDING = 2

/** The descriptor behind a handle of node:net. */
const fdOf = (owner: unknown): number => (owner as { _handle: { fd: number } })._handle.fd
const pause = (ms: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** Node's sockets never wait, so ask again until the peer has come round to it. */
function patiently<T>(ask: () => T): T {
  for (let i = 0; i < 1000; i++) {
    const answer = ask()
    if (answer !== 'AGAIN') return answer
    pause(5)
  }
  throw new Error('the peer does nothing')
}

/**
 * Register a case whose guest receives by 0 and sends by 1, on one socket; a process at its other
 * end sends back what it gets.
 */
function paired(
  title: string,
  skip: Partial<Record<string, string>>,
  body: (t: ExecutionContext, w: Fixture) => void,
): void {
  for (const backend of ways) {
    const why = skip[backend]
    if (why !== undefined) {
      test.skip(`${title} (${backend}) [${why}]`, () => {})
      continue
    }
    for (const version of snapshots) {
      test.serial(`${title} (${backend}, ${version})`, async t => {
        const peer: ChildProcess = spawn('cat <&3 >&3', {
          shell: true,
          stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
        })
        const end = peer.stdio[3] as net.Socket
        const before = openDescriptors()
        const w = new Fixture(t, backend, version, {
          options: { stdin: fdOf(end), stdout: fdOf(end) },
        })
        try {
          body(t, w)
          w.check()
        } finally {
          w.dispose()
        }
        t.is(openDescriptors(), before)
        end.destroy()
        await once(peer, 'exit')
      })
    }
  }
}

/**
 * Register a case whose guest has accepted a connection, 6; a process at its other end sends back
 * what it gets, then ends.
 */
function connected(title: string, body: (t: ExecutionContext, w: Fixture) => void): void {
  for (const backend of ways) {
    if (backend === 'typescript') {
      test.skip(`${title} (${backend}) [node:fs cannot listen]`, () => {})
      continue
    }
    for (const version of snapshots.filter(snapshot => snapshot === 'preview1')) {
      test.serial(`${title} (${backend}, ${version})`, async t => {
        const w = new Fixture(t, backend, version, { options: { listen: ['127.0.0.1:0'] } })
        const { port } = w.guest.listeners[0]
        const peer = spawn('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3 >&3`], {
          stdio: 'ignore',
        })
        try {
          t.is(w.ask('sock_accept', 5, 0), CONNECTION)
          body(t, w)
          w.check()
        } finally {
          w.dispose()
        }
        if (peer.exitCode === null) await once(peer, 'exit')
      })
    }
  }
}
const CONNECTION = 6

/** Receive into 0x100 at most so many bytes; the errno's name, or what came. */
function recv(w: Fixture, length: number, flags = 0, fd = 0): string {
  w.draw(0x10, u32(0x100, length))
  const answer = w.call('sock_recv', fd, 0x10, 1, flags, 0x40, 0x44)
  if (answer !== 'SUCCESS') return answer
  const received = w.any(0x40, 4).readUInt32LE()
  w.expect(0x44, u16(0))
  return w.any(0x100, received).toString()
}
function send(w: Fixture, text: string, fd = 1): void {
  w.draw(0x10, u32(0x200, text.length))
  w.draw(0x200, text)
  w.call('sock_send', fd, 0x10, 1, 0, 0x40)
  w.expect(0x40, u32(text.length))
}

paired('sock_send and sock_recv: in pieces; the results a u32 and a u16', {}, (t, w) => {
  w.draw(0x10, u32(0x200, 4, 0x300, 3))
  w.draw(0x200, 'hell')
  w.draw(0x300, 'o w')
  t.is(w.call('sock_send', 1, 0x10, 2, 0, 0x41), 'SUCCESS')
  w.expect(0x41, u32(7))
  t.is(w.line, 'sock_send(fd=1, si_data=0x10+2, si_flags=0x0) = SUCCESS so_datalen=7')
  w.draw(0x10, u32(0x101, 4, w.size - 3, 3))
  t.is(
    patiently(() => w.call('sock_recv', 0, 0x10, 2, 0, 0x51, 0x61)),
    'SUCCESS',
  )
  w.expect(0x101, 'hell')
  w.expect(w.size - 3, 'o w')
  w.expect(0x51, u32(7))
  w.expect(0x61, u16(0))
  t.is(w.line, 'sock_recv(fd=0, ri_data=0x10+2, ri_flags=0x0) = SUCCESS ro_datalen=7 ro_flags=0x0')
})

const noSetFlags = { typescript: 'node:fs cannot change the flags of a socket' }
paired('sock_recv: nothing there yet is AGAIN to who asked not to wait', noSetFlags, (t, w) => {
  t.is(w.call('fd_fdstat_set_flags', 0, Fdflags.NONBLOCK), 'SUCCESS')
  t.is(recv(w, 10), 'AGAIN')
  t.is(w.read(0), 'AGAIN')
})

paired('a socket that may wait waits, though node:net made the host’s non-blocking', {}, (t, w) => {
  send(w, 'abc')
  t.is(recv(w, 10), 'abc')
  send(w, 'def')
  t.is(w.read(0), 'def')
})

paired('sock_recv: results outside receive nothing', {}, (t, w) => {
  send(w, 'abc')
  w.draw(0x10, u32(0x100, 10))
  pause(50)
  t.is(w.call('sock_recv', 0, 0x10, 1, 0, w.size - 3, 0x44), 'FAULT')
  t.is(w.call('sock_recv', 0, 0x10, 1, 0, 0x40, w.size - 1), 'FAULT')
  w.draw(0x10, u32(0x100, 10, w.size, 1))
  t.is(w.call('sock_recv', 0, 0x10, 2, 0, 0x40, 0x44), 'FAULT')
  t.is(
    patiently(() => recv(w, 10)),
    'abc',
  )
})

paired('fd_write and fd_read work on a socket, fd_seek does not', {}, (t, w) => {
  t.is(w.put(1, 'abc'), 3)
  t.is(
    patiently(() => w.read(0)),
    'abc',
  )
  t.deepEqual([w.tell(0), w.tell(1)], ['SPIPE', 'SPIPE'])
})

paired('fd_fdstat_get: a stream socket', {}, (t, w) => {
  const both = rights(
    'FD_DATASYNC',
    'FD_SYNC',
    'FD_FDSTAT_SET_FLAGS',
    'FD_FILESTAT_GET',
    'POLL_FD_READWRITE',
  )
  for (const [fd, right] of [
    [0, 'FD_READ'],
    [1, 'FD_WRITE'],
  ] as const)
    t.deepEqual(w.fdstat(fd), {
      filetype: Filetype.STREAM,
      fdflags: 0,
      base: both | rights(right),
      inheriting: 0n,
    })
})

paired(
  'a socket that is a standard stream has its direction, and is no socket to shut down or to accept from',
  {},
  (t, w) => {
    const start = performance.now()
    t.is(w.read(1), 'BADF')
    t.is(w.put(0, 'abc'), 'BADF')
    t.is(recv(w, 10, 0, 1), 'BADF')
    t.is(recv(w, 10, PEEK, 1), 'BADF')
    t.is(w.call('sock_send', 0, 0x10, 1, 0, 0x40), 'BADF')
    t.true(performance.now() - start < 10_000, 'nothing is waited for')
    for (const fd of [0, 1]) {
      for (const how of [RECEIVING, SENDING, RECEIVING | SENDING])
        t.is(w.call('sock_shutdown', fd, how), 'NOTSOCK')
      if (w.version === 'preview1') t.is(w.call('sock_accept', fd, 0, 0x40), 'NOTSOCK')
    }
    send(w, 'still')
    t.is(
      patiently(() => recv(w, 10)),
      'still',
    )
  },
)

paired('sock_recv: nothing can be received or sent without the right', {}, (t, w) => {
  t.is(w.call('fd_fdstat_set_rights', 0, rights('FD_FILESTAT_GET'), 0n), 'SUCCESS')
  t.is(recv(w, 10), w.checked('NOTCAPABLE', 'BADF'))
  t.is(w.call('fd_fdstat_set_rights', 1, 0n, 0n), 'SUCCESS')
  t.is(w.call('sock_send', 1, 0x10, 0, 0, 0x40), w.checked('NOTCAPABLE', 'BADF'))
})

connected(
  'sock_shutdown: nothing is shut down, accepted, received or sent without the right',
  (t, w) => {
    t.is(w.call('sock_accept', CONNECTION, 0, 0x40), 'NOTCAPABLE')
    t.is(
      w.call('fd_fdstat_set_rights', CONNECTION, rights('FD_WRITE', 'SOCK_SHUTDOWN'), 0n),
      'SUCCESS',
    )
    t.is(recv(w, 10, 0, CONNECTION), w.checked('NOTCAPABLE', 'BADF'))
    t.is(w.call('fd_fdstat_set_rights', CONNECTION, rights('SOCK_SHUTDOWN'), 0n), 'SUCCESS')
    t.is(w.call('sock_send', CONNECTION, 0x10, 0, 0, 0x40), w.checked('NOTCAPABLE', 'BADF'))
    t.is(w.call('fd_fdstat_set_rights', CONNECTION, 0n, 0n), 'SUCCESS')
    t.is(w.call('sock_shutdown', CONNECTION, SENDING), w.checked('NOTCAPABLE', 'SUCCESS'))
  },
)

const noFlags = { typescript: 'node:fs passes no flags to recv' }
paired('sock_recv: a peek leaves it there', noFlags, (t, w) => {
  send(w, 'abc')
  t.is(
    patiently(() => recv(w, 2, PEEK)),
    'ab',
  )
  t.is(
    w.line,
    'sock_recv(fd=0, ri_data=0x10+1, ri_flags=recv_peek) = SUCCESS ro_datalen=2 ro_flags=0x0',
  )
  t.is(recv(w, 10, PEEK | WAITALL), 'abc')
  t.is(recv(w, 10), 'abc')
})

connected('sock_shutdown: the peer sees the end, and so does the guest', (t, w) => {
  send(w, 'last', CONNECTION)
  t.is(w.call('sock_shutdown', CONNECTION, SENDING), 'SUCCESS')
  t.is(w.line, 'sock_shutdown(fd=6, how=wr) = SUCCESS')
  t.is(w.call('sock_send', CONNECTION, 0x10, 1, 0, 0x40), 'PIPE')
  t.is(recv(w, 10, WAITALL, CONNECTION), 'last')
  t.is(recv(w, 10, 0, CONNECTION), '')
})

connected('sock_shutdown: of receiving, and of both', (t, w) => {
  t.is(w.call('sock_shutdown', CONNECTION, RECEIVING), 'SUCCESS')
  t.is(w.line, 'sock_shutdown(fd=6, how=rd) = SUCCESS')
  t.is(recv(w, 10, 0, CONNECTION), '')
  t.is(w.call('sock_shutdown', CONNECTION, RECEIVING | SENDING), 'SUCCESS')
  t.is(w.line, 'sock_shutdown(fd=6, how=rd|wr) = SUCCESS')
  t.is(w.put(CONNECTION, 'x'), 'PIPE')
})

connected('sock_shutdown: neither direction, and an unknown one, are INVAL', (t, w) => {
  t.is(w.call('sock_shutdown', CONNECTION, 0), 'INVAL')
  t.is(w.call('sock_shutdown', CONNECTION, 4), 'INVAL')
  t.is(w.put(CONNECTION, 'abc'), 3)
})

connected(
  'poll_oneoff: waits until something can be received, and tells that the peer hung up',
  (t, w) => {
    const poll = (): [bytes: bigint, flags: number] => {
      w.draw(0x300, u64(7), u8(1), blank(7), u32(CONNECTION), blank(36))
      t.is(w.call('poll_oneoff', 0x300, 0x400, 1, 0x48), 'SUCCESS')
      w.expect(0x48, u32(1))
      const event = w.any(0x400, 32)
      return [event.readBigUInt64LE(16), event.readUInt16LE(24)]
    }
    send(w, 'abc', CONNECTION)
    t.deepEqual(poll(), [3n, 0])
    t.is(recv(w, 10, 0, CONNECTION), 'abc')
    t.is(w.call('sock_shutdown', CONNECTION, SENDING), 'SUCCESS')
    t.deepEqual(poll(), [0n, 1])
    t.is(recv(w, 10, 0, CONNECTION), '')
  },
)

paired(
  'poll_oneoff: waits until something can be received',
  { typescript: 'node:fs has no poll' },
  (t, w) => {
    send(w, 'abc')
    w.draw(0x300, u64(7), u8(1), blank(7), u32(0), blank(36))
    t.is(w.call('poll_oneoff', 0x300, 0x400, 1, 0x48), 'SUCCESS')
    w.expect(0x48, u32(1))
    t.is(w.any(0x400, 32).readBigUInt64LE(16), 3n)
    t.is(recv(w, 10), 'abc')
  },
)

test.serial('sock_accept: a connection, and none (native, preview1)', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const before = openDescriptors()
  const w = new Fixture(t, 'native', 'preview1', {
    options: { stdin: fdOf(server), listen: [{ fd: fdOf(server) }] },
  })
  t.is(
    w.call('sock_accept', 0, 0, 0x40),
    'NOTSOCK',
    'as a standard stream it is none to accept from',
  )
  t.is(w.read(0), 'NOTCONN', 'nor one to read, and nothing is waited for')
  t.is(w.call('fd_fdstat_set_flags', 5, Fdflags.NONBLOCK), 'SUCCESS')
  t.is(w.call('sock_accept', 5, 0, 0x40), 'AGAIN')
  const peer = spawn(
    'bash',
    [
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${port}; printf hello >&3; read -u 3 word; printf "<$word>" >&3`,
    ],
    {
      stdio: 'ignore',
    },
  )
  t.is(
    patiently(() => w.call('sock_accept', 5, 0, w.size - 3)),
    'FAULT',
  )
  t.is(
    patiently(() => w.call('sock_accept', 5, Fdflags.NONBLOCK, 0x41)),
    'SUCCESS',
  )
  w.expect(0x41, u32(6))
  t.is(w.line, 'sock_accept(fd=5, flags=nonblock) = SUCCESS ro_fd=6')
  t.like(w.fdstat(6), { filetype: Filetype.STREAM, fdflags: Fdflags.NONBLOCK })
  t.is(
    patiently(() => w.read(6)),
    'hello',
  )
  t.is(w.put(6, 'word\n'), 5)
  t.is(
    patiently(() => w.read(6)),
    '<word>',
  )
  t.is(
    patiently(() => w.read(6)),
    '',
  )
  t.is(w.call('sock_accept', 6, 0, 0x41), 'NOTCAPABLE', 'a connection is no listener')
  t.is(w.call('fd_close', 6), 'SUCCESS')
  t.is(w.call('sock_accept', 5, 32, 0x41), 'INVAL', 'an unknown flag')
  w.check()
  w.dispose()
  t.is(openDescriptors(), before)
  server.close()
  if (peer.exitCode === null) await once(peer, 'exit')
})

for (const backend of ways) {
  for (const version of snapshots) {
    test.serial(`socket calls on other descriptors return NOTSOCK (${backend}, ${version})`, t => {
      const w = new Fixture(t, backend, version)
      try {
        const fd = w.file('f', 'abc')
        w.draw(0x10, u32(0x100, 3))
        for (const each of [fd, 0, 3]) {
          t.is(w.call('sock_recv', each, 0x10, 1, 0, 0x40, 0x44), 'NOTSOCK', `recv ${each}`)
          t.is(w.call('sock_send', each, 0x10, 1, 0, 0x40), 'NOTSOCK', `send ${each}`)
          t.is(w.call('sock_shutdown', each, SENDING), 'NOTSOCK', `shutdown ${each}`)
          if (version === 'preview1')
            t.is(w.call('sock_accept', each, 0, 0x40), 'NOTSOCK', `accept ${each}`)
        }
        t.is(w.text('f'), 'abc')
        w.check()
      } finally {
        w.dispose()
      }
    })
  }
}

test('wasi_unstable has no sock_accept', t => {
  const w = new Fixture(t, 'typescript', 'unstable')
  t.false('sock_accept' in w.guest.imports)
  w.dispose()
})

/**
 * Sockets that listen for a guest, and the connections that it accepts: allowed and refused calls.
 */
import { once } from 'node:events'
import net from 'node:net'
import test from 'ava'
import {
  blank,
  each,
  Fdflags,
  Filetype,
  type Fixture,
  rights,
  u8,
  u16,
  u32,
  u64,
} from './fixture.js'

const skip = { typescript: 'node:fs cannot listen' }
const setup = {
  skip,
  snapshots: ['preview1'],
  options: { listen: ['127.0.0.1:0', '127.0.0.1:0'] },
} as const
/** Behind the directories 3 and 4. */
const LISTENER = 5
const SECOND = 6
const READ = 1
const WRITE = 2

const held = rights(
  'SOCK_ACCEPT',
  'FD_READ',
  'FD_FDSTAT_SET_FLAGS',
  'FD_FILESTAT_GET',
  'POLL_FD_READWRITE',
)
const passed = rights(
  'FD_READ',
  'FD_WRITE',
  'SOCK_SHUTDOWN',
  'FD_FDSTAT_SET_FLAGS',
  'FD_FILESTAT_GET',
  'POLL_FD_READWRITE',
)

async function calls(w: Fixture, which = 0): Promise<net.Socket> {
  // A guest that ends may reset it.
  const client = net.connect(w.guest.listeners[which].port, '127.0.0.1').on('error', () => {})
  await once(client, 'connect')
  return client
}
async function gone(client: net.Socket): Promise<void> {
  client.destroy()
  if (!client.closed) await once(client, 'close')
}
const pause = (): Promise<void> => new Promise(done => setTimeout(done, 20))
/**
 * Ask for several descriptors at once, of which each is waited for as `type` says: the events, or
 * the errno.
 */
function poll(
  w: Fixture,
  ...wanted: [fd: number, type: number][]
): string | { fd: bigint; errno: number; bytes: bigint; flags: number }[] {
  const subscriptions = wanted.map(([fd, type]) => [
    u64(fd),
    u8(type),
    blank(7),
    u32(fd),
    blank(28),
  ])
  // A clock that is due at once, so that the call never waits.
  const clock = [u64(99), u8(0), blank(7), u32(1), blank(4), u64(0), u64(0), u16(0), blank(6)]
  w.draw(0x1000, ...subscriptions.flat(), ...clock)
  const answer = w.call('poll_oneoff', 0x1000, 0x2000, wanted.length + 1, 0x48)
  if (answer !== 'SUCCESS') return answer
  const events = w.any(0x2000, 32 * w.any(0x48, 4).readUInt32LE())
  return Array.from({ length: events.length / 32 }, (_, i) => events.subarray(32 * i))
    .filter(event => event.readBigUInt64LE(0) !== 99n)
    .map(event => ({
      ...{ fd: event.readBigUInt64LE(0), errno: event.readUInt16LE(8) },
      ...{ bytes: event.readBigUInt64LE(16), flags: event.readUInt16LE(24) },
    }))
}

each(test, 'listeners have the descriptors after those of the preopens', setup, (t, w) => {
  t.deepEqual(
    w.guest.listeners.map(({ fd, address }) => [fd, address]),
    [
      [LISTENER, '127.0.0.1'],
      [SECOND, '127.0.0.1'],
    ],
  )
  t.not(w.guest.listeners[0].port, w.guest.listeners[1].port)
  for (const fd of [LISTENER, SECOND])
    t.deepEqual(w.fdstat(fd), {
      filetype: Filetype.STREAM,
      fdflags: 0,
      base: held,
      inheriting: passed,
    })
  t.is(
    w.call('fd_prestat_get', LISTENER, w.room(8)),
    'BADF',
    'who looks for directories looks no further',
  )
  const at = w.room(64)
  t.is(w.call('fd_filestat_get', LISTENER, at), 'SUCCESS')
  t.is(w.any(at, 64)[16], Filetype.STREAM)
})

each(
  test,
  'sock_accept returns a connection that receives, sends and shuts down',
  setup,
  async (t, w) => {
    const client = await calls(w)
    const fd = w.ask('sock_accept', LISTENER, 0) as number
    t.is(fd, 7)
    t.deepEqual(w.fdstat(fd), {
      filetype: Filetype.STREAM,
      fdflags: 0,
      base: passed,
      inheriting: passed,
    })
    client.write('hello')
    t.is(w.read(fd, 5), 'hello')
    t.is(w.put(fd, 'there'), 5)
    const [said] = (await once(client, 'data')) as [Buffer]
    t.is(said.toString(), 'there')
    const ended = once(client.resume(), 'end')
    t.is(w.call('sock_shutdown', fd, WRITE), 'SUCCESS')
    await ended
    t.is(w.put(fd, 'more'), 'PIPE')
    t.is(w.call('fd_close', fd), 'SUCCESS')
    await gone(client)
  },
)

each(test, 'a listener refuses every call but sock_accept and poll_oneoff', setup, (t, w) => {
  t.is(w.read(LISTENER), 'NOTCONN')
  t.is(w.put(LISTENER, 'x'), w.checked('NOTCAPABLE', 'BADF'))
  t.is(w.tell(LISTENER), 'NOTCAPABLE')
  t.is(w.call('sock_shutdown', LISTENER, READ), 'NOTCAPABLE')
  t.is(
    w.call('sock_send', LISTENER, w.draw(0x10, u32(0x100, 3)), 1, 0, 0x40),
    w.checked('NOTCAPABLE', 'BADF'),
  )
  t.is(w.tryOpen('f', { dir: LISTENER }), 'NOTDIR')
  t.is(w.call('fd_fdstat_set_rights', LISTENER, held & ~rights('SOCK_ACCEPT'), passed), 'SUCCESS')
  t.is(w.call('fd_fdstat_set_flags', LISTENER, Fdflags.NONBLOCK), 'SUCCESS')
  t.is(w.ask('sock_accept', LISTENER, 0), w.checked('NOTCAPABLE', 'AGAIN'))
})

each(
  test,
  'sock_accept with NONBLOCK returns AGAIN without a connection, whose flags are its own',
  setup,
  async (t, w) => {
    t.is(w.call('fd_fdstat_set_flags', LISTENER, Fdflags.NONBLOCK), 'SUCCESS')
    t.is(w.ask('sock_accept', LISTENER, 0), 'AGAIN')
    const clients = [await calls(w), await calls(w)]
    const waits = w.ask('sock_accept', LISTENER, 0) as number
    const asks = w.ask('sock_accept', LISTENER, Fdflags.NONBLOCK) as number
    t.is(w.read(asks), 'AGAIN')
    t.like(w.fdstat(waits), { fdflags: 0 })
    t.like(w.fdstat(asks), { fdflags: Fdflags.NONBLOCK })
    t.is(w.ask('sock_accept', LISTENER, 0), 'AGAIN')
    for (const client of clients) await gone(client)
  },
)

each(test, 'poll_oneoff: reports connections, received bytes and hangups', setup, async (t, w) => {
  t.deepEqual(poll(w, [LISTENER, READ], [SECOND, READ]), [])
  t.deepEqual(
    poll(w, [LISTENER, WRITE]),
    [{ fd: BigInt(LISTENER), errno: w.checked(76, 8), bytes: 0n, flags: 0 }],
    'NOTCAPABLE, or BADF',
  )
  const client = await calls(w, 1)
  t.deepEqual(poll(w, [LISTENER, READ], [SECOND, READ]), [
    { fd: BigInt(SECOND), errno: 0, bytes: 0n, flags: 0 },
  ])
  const fd = w.ask('sock_accept', SECOND, 0) as number
  const event = { fd: BigInt(fd), errno: 0, bytes: 0n, flags: 0 }
  t.deepEqual(poll(w, [fd, READ]), [])
  t.deepEqual(poll(w, [fd, WRITE]), [event])
  client.write('hello')
  await pause()
  t.deepEqual(poll(w, [fd, READ], [LISTENER, READ]), [{ ...event, bytes: 5n }])
  t.is(w.read(fd), 'hello')
  client.end()
  await pause()
  t.deepEqual(poll(w, [fd, READ]), [event], 'the end can be read')
  t.is(w.read(fd), '')
  t.is(w.call('sock_shutdown', fd, WRITE), 'SUCCESS')
  await pause()
  t.deepEqual(poll(w, [fd, READ]), [{ ...event, flags: 1 }], 'hung up')
  await gone(client)
})

each(
  test,
  'a listener that the guest closes or renumbers is closed or moved',
  setup,
  async (t, w) => {
    t.is(w.call('fd_renumber', SECOND, LISTENER), 'SUCCESS')
    const client = await calls(w, 1)
    t.is(w.ask('sock_accept', LISTENER, 0), SECOND)
    const refused = net.connect(w.guest.listeners[0].port, '127.0.0.1')
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    t.is(error.code, 'ECONNREFUSED')
    t.is(w.call('fd_close', LISTENER), 'SUCCESS')
    t.is(w.ask('sock_accept', LISTENER, 0), 'BADF')
    await gone(client)
  },
)

each(
  test,
  'sock_accept: a bad pointer, a bad flag or a full table accepts no connection',
  { ...setup, options: { ...setup.options, limits: { descriptors: 7 } } },
  async (t, w) => {
    const client = await calls(w)
    t.is(w.call('sock_accept', LISTENER, 0, w.size - 3), 'FAULT')
    t.is(w.ask('sock_accept', LISTENER, 0), 'MFILE')
    t.is(w.call('fd_close', SECOND), 'SUCCESS')
    t.is(w.ask('sock_accept', LISTENER, Fdflags.APPEND), 'INVAL')
    t.is(w.ask('sock_accept', LISTENER, 0), SECOND, 'it has waited')
    await gone(client)
  },
)

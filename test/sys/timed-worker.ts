/**
 * A worker that makes one call of the native backend again and again, and writes down how long each
 * call of the addon took.
 */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { addonFile, openNative } from '#lib/sys/native/sys.js'

/**
 * The start of the present call, or 0; the duration of the longest, in milliseconds; the number of
 * calls.
 */
const times: Float64Array = workerData.times
const addon = createRequire(import.meta.url)(addonFile())
const now = (): number => performance.timeOrigin + performance.now()
for (const [name, call] of Object.entries<unknown>(addon)) {
  if (typeof call !== 'function') continue
  addon[name] = (...args: unknown[]) => {
    times[0] = now()
    const answer = call(...args)
    times[1] = Math.max(times[1], now() - times[0])
    times[0] = 0
    times[2]++
    return answer
  }
}

const { what, fd, path, shared, flags, size } = workerData as Readonly<
  Record<'what' | 'path', string>
> &
  Readonly<Record<'fd' | 'shared' | 'flags' | 'size', number>>
const sys = openNative(shared === 0 ? {} : { shared })
// The ends of lines, of which a terminal makes two characters each.
const memory = new Uint8Array(size + 65536).fill(10)
sys.bind(memory)
const { block } = sys
block.text.fill(10)
block.spans.set([0, size])

function handle(): number {
  if (shared !== 0) return fd
  if (fd >= 0) return sys.adopt(fd)
  memory.set(Buffer.from(path), size)
  const dir = sys.preopen('/')
  return sys.open(dir, size, path.length, 0, 0, 0, flags)
}
function listening(): number {
  const listener = sys.listen('127.0.0.1', 0)
  parentPort?.postMessage(sys.listening(listener)[1])
  return listener
}

const calls: Readonly<Record<string, () => () => number>> = {
  read: () => {
    const file = handle()
    return () => sys.readv(file, 1)
  },
  write: () => {
    const file = handle()
    return () => sys.writev(file, 1)
  },
  'write text': () => {
    const file = handle()
    return () => sys.writeText(file, 3000)
  },
  poll: () => () => sys.poll(0, 3600e9),
  'poll a file': () => {
    block.pollHandles[0] = handle()
    block.poll.set([1, 0])
    return () => sys.poll(1, Number.POSITIVE_INFINITY)
  },
  accept: () => {
    const listener = listening()
    return () => sys.accept(listener, 0)
  },
  send: () => {
    const socket = sys.accept(listening(), 0)
    return () => sys.send(socket, 1, 0)
  },
  receive: () => {
    const socket = sys.accept(listening(), 0)
    return () => sys.recv(socket, 1, 0)
  },
  'receive all': () => {
    const socket = sys.accept(listening(), 0)
    return () => sys.recv(socket, 1, 2)
  },
}
const call = calls[what]()
parentPort?.postMessage('begins')
for (;;) {
  const answer = call()
  if (answer < 0) throw new Error(`${what}: ${answer}`)
}

/**
 * guests/c/server.c: a guest that serves many clients at once, and what bad clients do to the good
 * ones.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type Listener, type RunOptions, run } from 'wasi-common'
import { guest, scratch } from './cli.js'

const host = '127.0.0.1'
const alphabet = 'abcdefghijklmnopqrstuvwxyz'
const bytes = (count: number): string => alphabet.repeat(Math.ceil(count / 26)).slice(0, count)

interface Served {
  readonly port: number
  /** The line that it prints at its end, after its last request was answered. */
  readonly ended: Promise<string>
}
/** The guest in a worker, on a port of its own. */
async function serve(
  t: ExecutionContext,
  options: RunOptions = {},
  ...args: string[]
): Promise<Served> {
  const out = join(scratch(t), 'out')
  const stdout = fs.openSync(out, 'w')
  t.teardown(() => fs.closeSync(stdout))
  let ended = Promise.resolve('')
  const [{ port }] = await new Promise<readonly Listener[]>((onListening, reject) => {
    const running = run(fs.readFileSync(guest('server')), {
      args: ['server', ...args],
      listen: [`${host}:0`],
      ...{ stdout, onListening, ...options },
    })
    ended = running.then(({ exitCode }) => `${exitCode}: ${fs.readFileSync(out, 'utf8')}`)
    ended.catch(reject)
  })
  return { port, ended }
}

interface Answer {
  readonly status: number | undefined
  readonly text: string
  readonly connection: string | undefined
}
function ask(
  port: number,
  path: string,
  options: http.RequestOptions = {},
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, path, ...options }, async response => {
      const parts: Buffer[] = []
      response.on('error', reject)
      for await (const part of response) parts.push(part as Buffer)
      resolve({
        status: response.statusCode,
        text: Buffer.concat(parts).toString('latin1'),
        connection: response.headers.connection,
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
const quit = (port: number): Promise<Answer> => ask(port, '/quit', { agent: false })

/** A client that says what it likes. */
async function raw(port: number, text = ''): Promise<net.Socket> {
  const client = net.connect(port, host).on('error', () => {})
  await once(client, 'connect')
  client.write(text)
  return client
}
/** Everything that the client receives until the end. */
async function responseOf(client: net.Socket): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of client) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('latin1')
}

for (const threads of [0, 2]) {
  test.serial(
    `the server answers a thousand requests on fifty open connections (${threads} threads more)`,
    async t => {
      t.timeout(120_000)
      const { port, ended } = await serve(t, { threads })
      const agent = new http.Agent({ keepAlive: true, maxSockets: 50 })
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, i) => ask(port, `/${i}`, { agent })),
      )
      answers.forEach(({ status, text }, i) => {
        if (status !== 200 || text !== `GET /${i}\n`) t.fail(`${i}: ${status} ${text}`)
      })
      agent.destroy()
      t.is((await quit(port)).text, 'GET /quit\n')
      t.is(await ended, '0: requests 1001, clients 51\n')
    },
  )
}

test.serial('the server answers a thousand requests, each on a new connection', async t => {
  t.timeout(120_000)
  const { port, ended } = await serve(t, {}, '1000')
  let next = 0
  const one = async (): Promise<void> => {
    for (let i = next++; i < 1000; i = next++) {
      const { status, text, connection } = await ask(port, `/${i}`, { agent: false })
      t.deepEqual([status, text, connection], [200, `GET /${i}\n`, 'close'])
    }
  }
  await Promise.all(Array.from({ length: 50 }, one))
  t.is(await ended, '0: requests 1000, clients 1000\n')
})

test.serial('the server receives and sends large bodies at once', async t => {
  t.timeout(120_000)
  const { port, ended } = await serve(t)
  const body = bytes(5_000_000)
  const echoed = await Promise.all(
    [1, 2, 3].map(() =>
      ask(port, '/echo', { method: 'POST', headers: { 'Content-Length': body.length } }, body),
    ),
  )
  for (const { status, text } of echoed) t.true(status === 200 && text === body)
  const { text } = await ask(port, '/bytes/20000000')
  t.is(text.length, 20_000_000)
  t.true(text.startsWith(alphabet) && text.endsWith(bytes(20_000_000).slice(-100)))
  await quit(port)
  t.regex(await ended, /^0: requests 5, clients \d\n$/)
})

test.serial(
  'the server answers others while clients are silent, cut short, too long or gone',
  async t => {
    t.timeout(120_000)
    const { port, ended } = await serve(t)
    const silent = await raw(port)
    const half = await raw(port, 'GET /half HT')
    const owing = await raw(port, 'POST /echo HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this')
    const sated = (await raw(port, 'GET /bytes/30000000 HTTP/1.1\r\n\r\n')).pause()
    // One goes in the middle of its request, one in the middle of its answer, one by a reset.
    ;(
      await raw(port, `POST /echo HTTP/1.1\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(5000)}`)
    ).destroy()
    const leaving = await raw(port, 'GET /bytes/30000000 HTTP/1.1\r\n\r\n')
    await once(leaving, 'data')
    leaving.destroy()
    const resetting = await raw(port, 'GET /bytes/30000000 HTTP/1.1\r\n\r\n')
    await once(resetting, 'data')
    resetting.resetAndDestroy()

    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => ask(port, `/${i}`, { agent })),
    )
    agent.destroy()
    t.true(answers.every(({ status, text }, i) => status === 200 && text === `GET /${i}\n`))

    // A client that was slow is served when it goes on.
    half.write('TP/1.0\r\n\r\n')
    t.regex(await responseOf(half), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nGET \/half\n$/s)
    let received = 0
    sated.resume().on('data', data => {
      received += data.length
    })
    while (received < 30_000_000) await new Promise(done => setTimeout(done, 5))
    sated.destroy()
    owing.destroy()
    await quit(port)
    t.regex(await ended, /^0: requests 103, clients \d+\n$/)
    t.is(await responseOf(silent), '')
  },
)

test.serial('the server refuses malformed requests and closes only their connection', async t => {
  const { port, ended } = await serve(t)
  const reply = async (text: string): Promise<string> => responseOf(await raw(port, text))
  t.regex(
    await reply('nonsense\r\n\r\n'),
    /^HTTP\/1\.1 400 Bad Request\r\n.*Connection: close\r\n\r\n$/s,
  )
  t.regex(await reply('GET / HTTP/2.0\r\n\r\n'), /^HTTP\/1\.1 400 /)
  t.regex(await reply('POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n'), /^HTTP\/1\.1 400 /)
  t.regex(
    await reply('POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    /^HTTP\/1\.1 411 /,
  )
  t.regex(await reply(`GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  t.is((await ask(port, '/x', { method: 'DELETE' })).status, 405)
  t.deepEqual(await ask(port, '/x', { method: 'HEAD', agent: false }), {
    status: 200,
    text: '',
    connection: 'close',
  })
  const both = await reply(
    'GET /one HTTP/1.1\r\n\r\nPOST /echo HTTP/1.1\r\nconnection: close\r\ncontent-length: 3\r\n\r\ntwo',
  )
  t.regex(both, /GET \/one\n.*\r\n\r\ntwo$/s, 'two requests at once are answered in turn')
  await quit(port)
  t.is(await ended, '0: requests 10, clients 9\n')
})

test.serial('the server closes the idlest connection when it has too many', async t => {
  t.timeout(120_000)
  const { port, ended } = await serve(t)
  const idle = await Promise.all(Array.from({ length: 80 }, () => raw(port)))
  t.is((await ask(port, '/still')).text, 'GET /still\n')
  await quit(port)
  await Promise.all(idle.map(responseOf))
  t.is(await ended, '0: requests 2, clients 82\n')
})

test.serial(
  'the command prints the port on standard error, and puts directories before listeners',
  async t => {
    t.timeout(60_000)
    const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
    for (const threads of [[], ['--threads=1']]) {
      const args = [
        'run',
        ...threads,
        '--strict',
        '--dir',
        scratch(t),
        '--tcplisten',
        `${host}:0`,
        '--tcplisten',
        'localhost:0',
        guest('server'),
        '2',
      ]
      const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
        process.execPath,
        [main, ...args],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', data => {
        stdout += data
      })
      const both =
        /^wasi-common: listening on 127\.0\.0\.1:(\d+)\nwasi-common: listening on 127\.0\.0\.1:(\d+)\n$/
      const ports = await new Promise<number[]>(resolve =>
        child.stderr.on('data', data => {
          stderr += data
          const found = both.exec(stderr)
          if (found !== null) resolve(found.slice(1).map(Number))
        }),
      )
      for (const port of ports) t.is((await ask(port, `/${port}`)).text, `GET /${port}\n`)
      const [status] = await once(child, 'close')
      t.deepEqual([status, stdout], [0, 'requests 2, clients 2\n'])
      t.regex(stderr, both)
    }
  },
)

test('the server without a socket prints an error', async t => {
  const stderr = fs.openSync(join(scratch(t), 'err'), 'w')
  t.like(await run(fs.readFileSync(guest('server')), { args: ['server'], stderr }), { exitCode: 2 })
  fs.closeSync(stderr)
})

/**
 * Limits: the answers at each and beyond it, the permitted settings, and the truth of
 * docs/limits.md.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import test from 'ava'
import { createGuest, Errno, type Guest, type GuestOptions, Rights } from 'wasi-common'
import { limitTable } from '#lib/limits.js'
import { defaultElements } from '#lib/run/module/cap.js'
import { runTable } from '#lib/run/table.js'
import { mostHeap } from '#lib/run/worker/workers.js'
import { maxFileSize } from '#lib/sys/memfs/content.js'
import { defaultQuota, mostGone } from '#lib/sys/memfs/quota.js'

const backends = ['native', 'typescript'] as const

/** A guest whose directory 3 is `.`, by the name at 1000. */
function guestWith(t: { teardown(done: () => void): void }, options: Partial<GuestOptions>) {
  const memory = new WebAssembly.Memory({ initial: 2 })
  const guest = createGuest({ version: 'preview1', preopens: { '/': os.tmpdir() }, ...options })
  t.teardown(() => guest.close())
  guest.bind(memory)
  new Uint8Array(memory.buffer).set(Buffer.from('./'.repeat(30_000)), 1000)
  return { imports: guest.imports, view: new DataView(memory.buffer) }
}
const open = (imports: Guest['imports'], length = 1) =>
  imports.path_open(3, 0, 1000, length, 2, BigInt(Rights.FD_READDIR), 0n, 0, 8)

for (const backend of backends) {
  test(`descriptors beyond the limit are MFILE (${backend})`, t => {
    const { imports, view } = guestWith(t, { backend, limits: { descriptors: 10 } })
    for (let fd = 4; fd < 10; fd++) t.is(open(imports), 0)
    t.is(open(imports), Errno.MFILE)
    t.is(imports.fd_close(7), 0)
    t.is(open(imports), 0)
    t.is(view.getUint32(8, true), 7)
    t.is(open(imports), Errno.MFILE)
  })

  test(`two thousand descriptors are opened if the limit allows them (${backend})`, t => {
    const { imports } = guestWith(t, { backend, limits: { descriptors: 2000 } })
    for (let fd = 4; fd < 2000; fd++) if (open(imports) !== 0) t.fail(`${fd}`)
    t.is(open(imports), Errno.MFILE)
  })

  test(`paths beyond the limit are NAMETOOLONG (${backend})`, t => {
    const { imports } = guestWith(t, { backend, limits: { pathBytes: 6 } })
    t.is(open(imports, 6), 0)
    t.is(open(imports, 7), Errno.NAMETOOLONG)
    t.is(imports.path_filestat_get(3, 0, 1000, 7, 100), Errno.NAMETOOLONG)
    t.is(imports.path_symlink(1000, 7, 3, 1000, 1), Errno.NAMETOOLONG)
    t.is(imports.path_rename(3, 1000, 1, 3, 1000, 7), Errno.NAMETOOLONG)
    const other = guestWith(t, { backend })
    t.is(open(other.imports, 4094), 0)
    t.is(open(other.imports, 4096), Errno.NAMETOOLONG)
    t.is(open(other.imports, 0x10000), Errno.NAMETOOLONG)
  })

  test(`iovecs beyond the limit are left to the next call (${backend})`, t => {
    for (const [limits, most] of [[{ iovecs: 3 }, 3] as const, [{}, 1024] as const]) {
      const { imports, view } = guestWith(t, { backend, limits, stdout: () => {} })
      // Pieces of one byte.
      for (let i = 0; i <= most; i++) view.setUint32(0x10000 + 8 * i + 4, 1, true)
      for (const count of [most - 1, most, most + 1]) {
        t.is(imports.fd_write(1, 0x10000, count, 8), 0)
        t.is(view.getUint32(8, true), Math.min(count, most))
      }
      t.is(imports.fd_write(1, 0x10000, 2 ** 31, 8), Errno.FAULT)
    }
  })

  test(`subscriptions beyond the limit are INVAL (${backend})`, t => {
    for (const [limits, most] of [[{ subscriptions: 2 }, 2] as const, [{}, 1024] as const]) {
      const { imports } = guestWith(t, { backend, limits })
      t.is(imports.poll_oneoff(0x10000, 0x10000, most, 8), 0)
      t.is(imports.poll_oneoff(0x10000, 0x10000, most + 1, 8), Errno.INVAL)
      t.is(imports.poll_oneoff(0x10000, 0x10000, 2 ** 31, 8), Errno.INVAL)
    }
  })

  test(`random bytes beyond the limit are INVAL (${backend})`, t => {
    const { imports, view } = guestWith(t, { backend, limits: { randomBytes: 100 } })
    t.is(imports.random_get(0x10000, 100), 0)
    t.not(view.getBigUint64(0x10000, true), 0n)
    const before = view.getBigUint64(0x10000, true)
    t.is(imports.random_get(0x10000, 101), Errno.INVAL)
    t.is(view.getBigUint64(0x10000, true), before)
  })
}

for (const backend of backends) {
  const title = `a guest that opens all it can leaves its host what it needs (${backend})`
  if (backend === 'typescript' && process.platform !== 'linux') {
    test.skip(`${title} [node:fs does not tell the limit of the process]`, () => {})
    continue
  }
  test(title, t => {
    const program = `
      import fs from 'node:fs'
      import { spawnSync } from 'node:child_process'
      import { createGuest, Errno } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
      const guests = [1, 2, 3].map(() => createGuest({ version: 'preview1', backend: '${backend}', preopens: { '/': '/' } }))
      const memory = new WebAssembly.Memory({ initial: 1 })
      new Uint8Array(memory.buffer)[100] = 46
      let opened = 0
      const last = guests.map(({ imports, bind }) => {
        bind(memory)
        let errno = 0
        for (; errno === 0; opened++) errno = imports.path_open(3, 0, 100, 1, 2, 0n, 0n, 0, 8)
        return errno
      })
      const mine = Array.from({ length: 40 }, () => fs.openSync('/', 'r'))
      console.log(opened > 100, last.every(errno => errno === Errno.MFILE), mine.length, spawnSync('echo', ['works']).stdout.toString().trim())`
    const script = `ulimit -n 300 && exec "$0" --input-type=module -e "$1"`
    const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, program], {
      encoding: 'utf8',
    })
    t.is(stdout, 'true true 40 works\n', stderr)
  })
}

test('a guest that accepts every connection leaves its host the reserve of descriptors', t => {
  const program = `
    import fs from 'node:fs'
    import { spawn } from 'node:child_process'
    import { createGuest, Errno } from ${JSON.stringify(import.meta.resolve('wasi-common'))}
    const { imports, bind, listeners: [{ fd, port }] } = createGuest({ version: 'preview1', listen: ['127.0.0.1:0'] })
    const memory = new WebAssembly.Memory({ initial: 1 })
    bind(memory)
    // The clients are other processes, with enough connections that no accept waits for ever.
    const clients = 'for (let i = 0; i < 80; i++) require("net").connect(+process.argv[1], "127.0.0.1").on("error", () => {})'
    const calling = [1, 2, 3].map(() => spawn(process.execPath, ['-e', clients, port], { stdio: 'ignore' }))
    let accepted = 0
    let errno = 0
    for (; errno === 0; accepted++) errno = imports.sock_accept(fd, 0, 8)
    let mine = 0
    try {
      for (; mine < 40; mine++) fs.openSync('/', 'r')
    } catch {}
    for (const client of calling) client.kill()
    console.log(accepted > 20, errno === Errno.MFILE, mine)
    process.exit()`
  const script = `ulimit -n 150 && exec "$0" --input-type=module -e "$1"`
  const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, program], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.is(stdout, 'true true 40\n', stderr)
})

test('limits out of range are refused', t => {
  const make = (limits: unknown) => () =>
    createGuest({ version: 'preview1', limits: limits as GuestOptions['limits'] })
  t.throws(make({ descriptor: 10 }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
    message: /'options.limits.descriptor' is unknown/,
  } as object)
  t.throws(make([]), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' } as object)
  t.throws(make({ iovecs: null }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' } as object)
  t.throws(make({ iovecs: '3' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' } as object)
  for (const [name, { least, most }] of Object.entries(limitTable)) {
    for (const value of [least - 1, most + 1, Number.NaN, least + 0.5]) {
      t.throws(make({ [name]: value }), {
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message: new RegExp(`options\\.limits\\.${name}`),
      } as object)
    }
    t.notThrows(() => make({ [name]: least })().close())
    t.notThrows(() => make({ [name]: undefined })().close())
  }
  const tooFew = () =>
    createGuest({ version: 'preview1', preopens: { '/': '/missing' }, limits: { descriptors: 3 } })
  t.throws(tooFew, {
    name: 'RangeError',
    code: 'ERR_OUT_OF_RANGE',
    message: /descriptors" is out of range. It must be >= 4.* Received 3/,
  } as object)
})

test('docs/limits.md lists every limit', t => {
  const page = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8')
  const rows = Object.entries(limitTable).map(
    ([name, { doc, fallback, errno, seen }]) =>
      `| \`limits.${name}\` | ${doc} | ${fallback} | ${/ /.test(errno) ? errno : `\`${errno}\``} | ${seen} |`,
  )
  const head =
    '| limit | what it counts | default | the guest gets | you see |\n|---|---|---|---|---|\n'
  t.true(page.includes(`${head}${rows.join('\n')}\n`), rows.join('\n'))
  const others = {
    'quota.bytes': defaultQuota.bytes,
    'quota.entries': defaultQuota.entries,
    'maxOutput` of `run': runTable.maxOutput.fallback,
    'maxTableElements` of `run': defaultElements,
    'maxStack` of `run': runTable.maxStack.fallback,
  }
  for (const [name, value] of Object.entries(others)) {
    const row = page.split('\n').find(line => line.startsWith(`| \`${name}\` |`))
    t.true(row?.includes(` | ${value} | `), name)
  }
  t.true(
    page.includes(`| fixed | MiB of JavaScript heap of each worker of \`run\` | ${mostHeap} |`),
  )
  t.true(page.includes(`| fixed | bytes of a file in memory | ${maxFileSize} |`))
  t.true(
    page.includes(
      `| fixed | names gone from an overlay that lie below it, all together | ${mostGone} |`,
    ),
  )
})

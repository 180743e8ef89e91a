/** Ten thousand guests of one snapshot: no descriptor, no host and no memory is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { instantiate, Pool } from 'wasi-common'
import { liveHosts, openNative } from '#lib/sys/native/sys.js'
import { openDescriptors } from '../../hostcalls/fixture.js'
import { add, assemble, call, load, store } from '../../wasm.js'

const rounds = 10
const each = 1000
/** MiB by which the process may be larger after the last round than after the second. */
const most = 64

test.serial('10,000 guests of one snapshot lose no descriptor, no host and no memory', async t => {
  t.timeout(300_000)
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const source = assemble({
    functions: {
      counter: { results: ['i32'], body: [store(0, add(load(0), 1)), load(0)] },
      opens: { results: ['i32'], body: [call('path_open', 3, 0, 0x40, 1, 0, 2n, 0n, 0, 0x60)] },
    },
    data: { 64: '.' },
  })
  const preopens = { '/': folder }
  const first = await instantiate(source, { preopens })
  await first.call('counter')
  const snapshot = await first.snapshot()
  await first.close()
  // The addon counts the hosts of all threads, once it is loaded in this one.
  openNative().dispose()
  const pool = new Pool({ size: 2 })
  t.teardown(() => pool.close())
  const one = async (): Promise<void> => {
    await using guest = await pool.instantiate(snapshot, { preopens })
    const [count, opened] = await Promise.all([guest.call('counter'), guest.call('opens')])
    if (count !== 2 || opened !== 0) t.fail(`${count}, ${opened}`)
  }
  const sizes: number[] = []
  let open = 0
  /** A worker closes the files of its guest after the guest has ended. */
  const settled = async (most: number): Promise<number> => {
    for (let i = 0; i < 100 && openDescriptors() > most; i++) await wait(50)
    return openDescriptors()
  }
  for (let round = 0; round < rounds; round++) {
    const turns = async (): Promise<void> => {
      for (let i = 0; i < each / 4; i++) await one()
    }
    await Promise.all([turns(), turns(), turns(), turns()])
    if (round === 1) open = await settled(0)
    sizes.push(Math.round(process.memoryUsage.rss() / 2 ** 20))
  }
  t.is(await settled(open), open)
  for (let i = 0; i < 100 && liveHosts() > 0; i++) await wait(50)
  t.is(liveHosts(), 0)
  t.log(`MiB after each thousand: ${sizes.join(' ')}`)
  t.true((sizes.at(-1) ?? 0) - (sizes[1] ?? 0) < most, sizes.join(' '))
})

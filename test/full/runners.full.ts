/** Jest and each pool of Vitest: this package works in their realms, threads and processes. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { scratch } from '../programs/cli.js'
import { call, command, drop, load, store, write } from '../wasm.js'
import { runners } from './installed.js'

/** Copies `f` of the first preopen to standard output and exits with 7. */
const guest = command([
  ...[store(0x400, 0x66), drop(call('path_open', 3, 0, 0x400, 1, 0, 2n, 0n, 0, 0x40))],
  ...[
    store(0x30, 0x2000),
    store(0x34, 0x100),
    drop(call('fd_read', load(0x40), 0x30, 1, 0x38)),
    ...write(1, 0x2000, load(0x38)),
  ],
  call('proc_exit', 7),
])

const jest = ['node_modules/jest/bin/jest.js', '--config', 'tests/jest.config.json']
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'tests/vitest.config.mjs']
const ways: Readonly<Record<string, readonly [args: readonly string[], pool?: string]>> = {
  'Jest in its processes': [[...jest, '--maxWorkers', '2']],
  'Jest in one process': [[...jest, '--runInBand']],
  'Jest in threads': [[...jest, '--maxWorkers', '2', '--workerThreads']],
  'Vitest in threads': [vitest, 'threads'],
  'Vitest in forks': [vitest, 'forks'],
  'Vitest in realms in threads': [vitest, 'vmThreads'],
  'Vitest in realms in forks': [vitest, 'vmForks'],
}

for (const [way, [args, pool = '']] of Object.entries(ways)) {
  test.serial(`the tests of this package pass under ${way}`, t => {
    const folder = scratch(t)
    const path = join(folder, 'guest.wasm')
    writeFileSync(path, guest)
    mkdirSync(join(folder, 'tmp'))
    const { NODE_OPTIONS: _, ...inherited } = process.env
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: runners(),
      encoding: 'utf8',
      timeout: 120_000,
      env: {
        ...inherited,
        NO_COLOR: '1',
        CI: '1',
        TMPDIR: join(folder, 'tmp'),
        WASI_COMMON_GUEST: path,
        WASI_COMMON_POOL: pool,
      },
    })
    const output = stdout + stderr
    t.is(status, 0, output)
    t.regex(output, /Tests: +6 passed, 6 total|Tests +3 passed \(3\)/, output)
  })
}

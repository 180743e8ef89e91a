/** The flags of a trace and of counts, for components: in a worker, and in a process. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { main } from '../programs/cli.js'
import { call, command, drop, store, write } from '../wasm.js'
import { adapt } from './adapt.js'

const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

test.before(async () => {
  fs.mkdirSync(join(folder, 'd'))
  // Leaves a line of its output open, then opens two paths.
  const module = command(
    [
      ...write(2, 0x100, 3),
      store(0x20, 0),
      drop(call('path_open', 3, 0, 0x108, 4, 0, 2n, 0n, 0, 0x50)),
      drop(call('path_open', 3, 1, 0x110, 7, 0, 2n, 0n, 0, 0x50)),
    ],
    { data: { 256: 'abc', 264: '../x', 272: 'planted' } },
  )
  fs.writeFileSync(join(folder, 'opens.component.wasm'), await adapt(module))
  fs.symlinkSync('../secret', join(folder, 'd/planted'))
})

function ran(...args: readonly string[]): string {
  const env = { ...process.env, HOME: folder, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder }
  const all = [main, 'run', ...args, '--dir', 'd::/d', 'opens.component.wasm']
  const { stderr } = spawnSync(process.execPath, all, { cwd: folder, env })
  return `${stderr}`
}

const ways = process.platform === 'linux' ? [[], ['--isolation', 'process']] : [[]]
for (const way of ways) {
  const title = (text: string): string => [...way, text].join(' ')

  test.serial(title('--trace shows the reason of each refused escape of a component'), t => {
    const lines = ran(...way, '--trace', '--trace-filter', 'descriptor.open-at').split('\n')
    t.is(lines.shift(), 'abc', 'a line of the trace begins behind the output')
    t.deepEqual(
      lines.map(line => /^descriptor\.open-at\(self=\d+<\/d>, .* = (.*)$/.exec(line)?.[1] ?? line),
      [
        'not-permitted (component 1, "..", leads above descriptor 1</d>)',
        'not-permitted (component 1, symlink "planted" -> "../secret", leads above descriptor 1</d>)',
        '',
      ],
    )
  })

  test.serial(title('--trace-summary counts the calls of a component'), t => {
    const rows = ran(...way, '--trace-summary').split('\n')
    const row = rows.find(row => row.endsWith('descriptor.open-at'))
    t.regex(row ?? '', /^ *[\d.]+ +[\d.]+ +\d+ +2 +2 descriptor\.open-at$/)
  })
}

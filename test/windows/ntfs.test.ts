/**
 * The Windows host on a volume of NTFS in memory: test/native/windows.cc, built by the C++ compiler
 * of this machine.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'ava'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Loaded before the first test is declared, as ava requires. */
const { portable } = (await import(
  pathToFileURL(join(root, 'scripts/shared/portable.js')).href
)) as { portable: string[] }
const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

const sources = [
  'test/native/ntfs.cc',
  'test/native/windows.cc',
  'native/guest-view.cc',
  'native/resolve.cc',
  'native/table.cc',
  ...portable,
]
const checks = [
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=undefined',
]
const flags = [
  '-std=c++17',
  '-O1',
  '-fno-exceptions',
  '-fno-rtti',
  ...checks,
  '-Inative',
  '-Inative/windows',
]

/** The lines of its cases, or why there are none. */
function run(): string[] | string {
  const program = join(folder, 'windows')
  const built = spawnSync('c++', [...flags, '-o', program, ...sources], {
    cwd: root,
    encoding: 'utf8',
  })
  if (built.error !== undefined) return `no C++ compiler: ${built.error.message}`
  if (built.status !== 0) throw new Error(built.stderr)
  const { stdout, stderr, error } = spawnSync(program, { encoding: 'utf8', timeout: 60_000 })
  if (error !== undefined || stderr !== '') throw new Error(`${stdout}${stderr}`, { cause: error })
  return stdout.split(/^(?=ok |not ok )/m)
}

const lines = run()
if (typeof lines === 'string') test.skip(`the Windows host on NTFS in memory [${lines}]`, () => {})
else
  for (const line of lines) {
    const [, ok, title, wrong] = /^(ok|not ok) (.*)\n?([\s\S]*)$/.exec(line) ?? []
    test(`NTFS in memory: ${title}`, t => t.is(ok, 'ok', wrong))
  }

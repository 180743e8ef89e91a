/** Where the kernel has no openat2, or a filter forbids it, paths are walked, with the same answers. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const launcherSource = fileURLToPath(new URL('../../../test/native/no-openat2.c', import.meta.url))
const child = fileURLToPath(new URL('./fallback-child.js', import.meta.url))
const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
const launcher = join(folder, 'no-openat2')
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Why the filter cannot be had here, or nothing. */
function missing(): string | undefined {
  if (process.platform !== 'linux') return 'seccomp is of Linux'
  const { error, status, stderr } = spawnSync('cc', ['-O1', '-o', launcher, launcherSource], { encoding: 'utf8' })
  if (error !== undefined) return `no C compiler: ${error.message}`
  if (status !== 0) return `the launcher does not compile: ${stderr.split('\n', 1)[0]}`
  const tried = spawnSync(launcher, ['38', 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `no filter can be installed: ${tried.stderr.trim()}`
}

function run(program: string, ...args: string[]) {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')}: ${status}\n${stderr}`)
  return JSON.parse(stdout)
}

const reason = missing()
const register = reason === undefined ? test : (title: string, _: Parameters<typeof test>[1]) => test.skip(`${title} [${reason}]`, () => {})

const { ENOSYS, EPERM } = os.constants.errno
for (const [name, number] of Object.entries({ ENOSYS, EPERM })) {
  register(`openat2 answers ${name}`, t => {
    const told = run(process.execPath, child)
    const walked = run(launcher, String(number), process.execPath, child)
    t.is(walked.resolver, 'walk')
    t.deepEqual(walked.answers, told.answers)
    t.is(Object.keys(walked.answers).length, 25)
  })
}

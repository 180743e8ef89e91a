/**
 * Paths are walked where the kernel has no openat2, or a filter forbids it, with the same answers.
 */
import { spawnSync } from 'node:child_process'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { failing, withFailing } from './failing.js'

const child = fileURLToPath(new URL('./fallback-child.js', import.meta.url))

function run(program: string, ...args: string[]) {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')}: ${status}\n${stderr}`)
  return JSON.parse(stdout)
}

const { ENOSYS, EPERM } = os.constants.errno
for (const [name, number] of Object.entries({ ENOSYS, EPERM })) {
  withFailing(`openat2 answers ${name}`, t => {
    const reported = run(process.execPath, child)
    const walked = run(failing, 'openat2', String(number), process.execPath, child)
    t.is(walked.resolver, 'walk')
    t.deepEqual(walked.answers, reported.answers)
    t.is(Object.keys(walked.answers).length, 25)
  })
}

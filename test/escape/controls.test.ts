/**
 * Each attack on a host without the guard that it is about: there it must be seen to succeed, or
 * the other tests see nothing.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type Case, nameOf, run } from './case.js'
import { byTechnique, missing } from './guarded.js'
import { unguarded } from './unguarded.js'

const program = fileURLToPath(new URL('./apart.js', import.meta.url))
/** Milliseconds from the attack on, after which a process is taken to wait for ever. */
const patience = 300

/** Returns true if the process of an attack must be killed. */
async function hangs(one: Case): Promise<boolean> {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  try {
    const child = spawn(process.execPath, [program, nameOf(one), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), patience))
    const signal = await new Promise(resolve => child.once('close', (_, signal) => resolve(signal)))
    return signal === 'SIGKILL'
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

for (const [technique, attacks] of byTechnique) {
  const reason =
    missing.proc ??
    attacks.flatMap(({ control }) =>
      typeof control === 'object' && 'why' in control ? [control.why] : [],
    )[0]
  const seen = attacks.filter(({ control }) => typeof control !== 'object' || 'hangs' in control)
  if (missing.proc !== undefined || seen.length === 0) {
    test.skip(`${technique} [${reason}]`, () => {})
    continue
  }
  // Attacks that hang run concurrently with the others.
  const register = seen.some(({ control }) => typeof control === 'object') ? test : test.serial
  register(`${technique} (${seen.length})`, async t => {
    for (const one of seen) {
      const { control = 'joins' } = one
      if (typeof control === 'object') t.true(await hangs(one), `${nameOf(one)} does not hang`)
      else
        t.not(
          run(one, fixture => unguarded(fixture, control)).signs.length,
          0,
          `${nameOf(one)} is not seen to escape`,
        )
    }
  })
}

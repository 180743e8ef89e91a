/** Every program in examples/ runs, and prints what its last lines say. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const folder = fileURLToPath(new URL('../../../examples', import.meta.url))
/** A module that the examples share, which is no example itself. */
const shared = ['program.js', 'instantiate-imports.js']
/** Those that are for Linux: there is no OS sandbox elsewhere. */
const linux = ['isolation.js']
const examples = readdirSync(folder).filter(name => name.endsWith('.js') && !shared.includes(name))

for (const name of examples) {
  const register = linux.includes(name) && process.platform !== 'linux' ? test.skip : test
  register(name, t => {
    // The first one that wants SQLite compiles it, for minutes where the machine is busy.
    t.timeout(400_000)
    const [, promised] = readFileSync(join(folder, name), 'utf8').split('// Prints:\n')
    t.not(promised, undefined, 'it says at its end what it prints')
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, name)], {
      encoding: 'utf8',
      input: '',
      timeout: 360_000,
    })
    t.is(status, 0, stderr)
    t.is(stdout, promised.replace(/^\/\/ ?/gm, ''))
  })
}

test('the folder of examples has programs', t => t.true(examples.length > 0))

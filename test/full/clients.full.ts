/** Large clients of node:wasi, unchanged: with wasi-common/register they do exactly as without. */
import { mkdirSync } from 'node:fs'
import test from 'ava'
import { llvm } from '#guests/modules.js'
import { commands, resources } from '#guests/toolchain.js'
import { run } from '../programs/cli.js'
import { registered, used } from '../use.js'
import { packages } from './installed.js'

const use = packages('use.js')

/** Compiles the plug-in of Extism: a library without `_start` and without `_initialize`. */
function plugin(): string {
  const to = packages('plugin')
  mkdirSync(to, { recursive: true })
  const { compile, program } = commands('plugin', { from: packages(), to })
  const folders = [
    '--dir',
    `${resources()}::/usr::ro`,
    '--dir',
    `${to}::/out`,
    '--argv0',
    'wasm-ld',
    llvm(),
  ]
  const libraries = [
    '-L/usr/lib/wasm32-wasip1',
    '-lc',
    '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a',
  ]
  const link = [...folders, '--no-entry', '/out/plugin.o', ...libraries, '-o', '/out/plugin.wasm']
  for (const args of [compile, link]) {
    const { status, stderr } = run('native', args)
    if (status !== 0) throw new Error(`plugin.c was not built, status ${status}: ${stderr}`)
  }
  return program
}

/** The least that each must print, so that two equal failures are not taken for success. */
const expected: Readonly<Record<string, RegExp>> = {
  rspack: /^\[\[\],\["\d+\.js","\d+\.js\.map","main\.js","main\.js\.map"\],\[.*\],false\]$/,
  image: /^\[\{"width":32,"height":24,"format":"png",.*\},\d+,\["\d+ [0-9a-f]{16}".*\],".+"\]$/,
  extism: /^\["\/given: 2, the first line\\n","\/given\/sub: 1, ","\/absent: -1, "\]$/,
}

for (const [client, pattern] of Object.entries(expected)) {
  test.serial(
    `${client} prints the same line under node:wasi and under wasi-common/register`,
    async t => {
      const env = client === 'extism' ? { WASI_COMMON_PLUGIN: plugin() } : {}
      const plain = await used(use, client, [], env)
      const ours = await used(use, client, registered, env)
      t.false(plain.ours)
      t.true(ours.ours)
      t.deepEqual(ours.outcome, plain.outcome)
      t.regex(JSON.stringify(ours.outcome), pattern)
    },
  )
}

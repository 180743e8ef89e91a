/**
 * A guest in a worker runs in a microtask: elsewhere V8 makes a message of each exception, also of
 * those that the guest catches.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { assemble, call, command } from '../wasm.js'

const library = import.meta.resolve('wasi-common')
const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))
const spy = join(folder, 'spy.cjs')
// Each thread prints its stack where it makes an instance.
fs.writeFileSync(
  spy,
  `const { Instance } = WebAssembly
  WebAssembly.Instance = class {
    constructor(...args) {
      process._rawDebug(new Error().stack)
      return new Instance(...args)
    }
  }`,
)
const program = join(folder, 'program.wasm')
fs.writeFileSync(program, command([call('proc_exit', 7)]))
const reactor = join(folder, 'reactor.wasm')
fs.writeFileSync(reactor, assemble({ functions: { one: { results: ['i32'], body: [1] } } }))

const doors = {
  run: 'await run(program)',
  'run with threads': 'await run(program, { threads: 1 })',
  Pool: 'const pool = new Pool({ size: 1 }); await pool.run(program)',
  instantiate: 'await (await instantiate(reactor)).close()',
}
for (const [door, code] of Object.entries(doors))
  test(`a guest runs in a microtask, and not in the event that brings it (${door})`, t => {
    const script = join(folder, `${door}.mjs`)
    fs.writeFileSync(
      script,
      `import { instantiate, Pool, run } from ${JSON.stringify(library)}
      const [program, reactor] = ${JSON.stringify([program, reactor])}
      ${code}
      process.exit()`,
    )
    const { status, stderr } = spawnSync(process.execPath, [script], {
      encoding: 'utf8',
      env: {
        ...process.env,
        NODE_OPTIONS: `--require ${JSON.stringify(spy)} --stack-trace-limit=50`,
      },
    })
    t.is(status, 0, stderr)
    t.regex(stderr, /Thread\.do|async work/)
    t.notRegex(stderr, /MessagePort|kHybridDispatch/)
  })

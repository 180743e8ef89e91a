// Runs programs of guests/rust/ that use Rust's standard library, built for wasm32-wasip2: components
// that no adapter made.
//
//   npm run test:rust
//
// Needs rustc with the target wasm32-wasip2; without it nothing runs, which is no error.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'
import { runNode } from './shared/run.js'
import { withWasmtime } from './shared/wasmtime.js'

const target = 'wasm32-wasip2'
const sources = join(root, 'guests/rust')
const built = join(root, 'build/rust')

/** The version of rustc, or undefined with a reason. */
function findRust() {
  const { status, stdout } = spawnSync('rustc', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return { missing: '`rustc` in the PATH' }
  const place = spawnSync('rustc', ['--print', 'target-libdir', '--target', target], {
    encoding: 'utf8',
  })
  if (!existsSync(place.stdout.trim()))
    return { missing: `the target, as by \`rustup target add ${target}\`` }
  return { version: stdout.trim() }
}

const { version, missing } = findRust()
if (missing !== undefined) {
  console.log(`the programs of guests/rust/ were not run: they need ${missing}`)
} else {
  console.log(`${version}: building the programs of guests/rust/ for ${target}`)
  mkdirSync(built, { recursive: true })
  for (const name of readdirSync(sources)) {
    const program = join(built, name.replace(/\.rs$/, '.wasm'))
    const args = ['--edition', '2021', '--target', target, '-O', '-D', 'warnings', '-o', program]
    const { status } = spawnSync('rustc', [...args, join(sources, name)], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`${name} was not built, status ${status}`)
  }
  runNode(['node_modules/ava/entrypoints/cli.mjs', '--config', 'scripts/rust.config.js'], {
    env: { ...(withWasmtime() ?? process.env), WASI_COMMON_RUST: built },
  })
}

// Runs every step of guests/c/files.c and guests/c/threads.c by the command in Bun and Deno.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from '#guests/toolchain.js'
import { root } from '../root.js'
import { fromNpm } from '../shared/runtimes.js'
import { versions } from '../shared/versions.js'

/** @type {[program: string, ...args: string[]]} */
const bun = [join(fromNpm(`@oven/bun-linux-x64@${versions.bun}`), 'bin/bun')]
/** @type {[program: string, ...args: string[]]} */
const deno = [join(fromNpm(`@deno/linux-x64-glibc@${versions.deno}`), 'deno'), 'run', '--allow-all']
const command = join(root, 'dist/bundle/cli.js')
/** @type {import('../../guests/toolchain.js').Run} */
const compile = (args, flags) =>
  spawnSync(process.execPath, [...flags, command, 'run', ...args], { encoding: 'utf8' })
const guests = { files: [], threads: ['--threads'] }

for (const [runtime, ...words] of [bun, deno]) {
  let passed = 0
  for (const [name, flags] of Object.entries(guests)) {
    const box = mkdtempSync(join(tmpdir(), 'wasi-common-'))
    const args = [
      ...words,
      command,
      'run',
      ...flags,
      '--dir',
      `${box}::/box`,
      build(name, compile),
      '/box',
    ]
    const { status, stdout, stderr, error } = spawnSync(runtime, args, { encoding: 'utf8' })
    rmSync(box, { recursive: true, force: true })
    const failed = stdout?.split('\n').filter(line => line !== '' && !line.startsWith('ok'))
    if (status !== 0) {
      const how = error?.message ?? `exit code ${status}`
      throw new Error(`${runtime}, ${name}: ${how}\n${failed?.join('\n')}${stderr}`)
    }
    passed += stdout.match(/^ok/gm)?.length ?? 0
  }
  const version = spawnSync(runtime, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
  console.log(`${basename(runtime)} ${version}: ${passed} steps`)
}

// The programs that the examples run: C from guests/c/, compiled by clang in the sandbox when first
// wanted.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from '../guests/toolchain.js'

const command = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url))
const run = (args, flags) => ({
  status: 0,
  stderr: '',
  stdout: execFileSync(process.execPath, [...flags, command, 'run', ...args], { encoding: 'utf8' }),
})

/** The bytes of guests/c/NAME.c, compiled. */
export const program = name => readFileSync(build(name, run))

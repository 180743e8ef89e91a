/**
 * Asks Linux: runs a program's calls by fuzz/linux/main.c, in a folder of a disk or with that
 * folder mounted read-only.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { encode, type Program } from './program.js'

/** Built by scripts/fuzz-linux.js. */
export const interpreter = 'build/fuzz/linux'
/** The exit code of an interpreter that may not confine itself, or finds no openat2. */
const cannot = 3

/** Linux cannot be asked, for the reason that the message has. */
export class Unavailable extends Error {}

/** A line for each step. */
export function ask(program: Program, disk: string, readOnly: boolean): string[] {
  const folder = fs.mkdtempSync(join(disk, 'wasi-common-'))
  try {
    const root = join(folder, 'root')
    fs.mkdirSync(root)
    const { status, stdout, stderr, error } = spawnSync(
      interpreter,
      readOnly ? [root, 'ro'] : [root],
      {
        input: encode(program),
        encoding: 'latin1',
        maxBuffer: 1 << 26,
      },
    )
    if (status === cannot) throw new Unavailable(stderr)
    if (status !== 0) throw error ?? new Error(`${interpreter}: ${stderr || status}`)
    const lines = stdout.split('\n').slice(0, -1)
    if (lines.length !== program.steps.length)
      throw new Error(`${interpreter}: ${lines.length} answers to ${program.steps.length} calls`)
    return lines
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** The files that all sides work on: what lies in the scratch folder, and where that folder is. */
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory where there is one, so that no disk is measured. */
export function place(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return realpathSync(tmpdir())
  }
}

/** An empty folder that is gone when the process ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(place(), 'wasi-common-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  return folder
}

/** Bytes of the file that is read and written in sequence. */
export const dataSize = 16 * 2 ** 20
/** Entries of the directory that is listed. */
export const entryCount = 5000
/** A path of so many components. */
export const deep = (depth: number, name = 'file'): string => `${'d/'.repeat(depth - 1)}${name}`

/** A folder of empty files. */
export function fill(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true })
  for (let i = 0; i < count; i++) writeFileSync(`${folder}/entry-${String(i).padStart(7, '0')}`, '')
}

/** Makes the files of the loops over single calls; floor.c knows the same names. */
export function lay(folder: string): void {
  writeFileSync(join(folder, 'data'), Buffer.alloc(dataSize, 'some words of no meaning '))
  mkdirSync(join(folder, 'd/'.repeat(15)), { recursive: true })
  for (const depth of [1, 4, 16]) writeFileSync(join(folder, deep(depth)), Buffer.alloc(4096, 'x'))
  for (const depth of [1, 4]) symlinkSync('file', join(folder, deep(depth, 'link')))
  fill(join(folder, 'entries'), entryCount)
}

/**
 * The child process: probes one host, beginning at a given probe, and sends each answer as soon as
 * it has one.
 */
import { mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { populate, reported } from './probe.js'
import { probes } from './probes.js'

/** The descriptor from which the parent reads answers. Probes may print to standard output. */
export const answersTo = 3
export interface Request {
  /** The module that exports the class. */
  readonly host: string
  /** The numbers of the probes to run. */
  readonly which: readonly number[]
  /** An empty folder. */
  readonly folder: string
}

if (process.argv[1] === import.meta.filename) {
  const { host, which, folder }: Request = JSON.parse(process.argv[2])
  const { WASI } = await import(host)
  for (const index of which) {
    const own = join(folder, String(index), 'box')
    mkdirSync(own, { recursive: true })
    populate(own)
    let answer: unknown
    try {
      answer = (await probes[index].run(WASI, own)) ?? 'undefined'
    } catch (thrown) {
      answer = { thrown: reported(thrown) }
    }
    writeSync(
      answersTo,
      `${JSON.stringify([index, JSON.stringify(answer).replaceAll(own, '<folder>')])}\n`,
    )
  }
}

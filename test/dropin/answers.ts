/**
 * All answers of one host, whose process may die of a probe: that is an answer too, and the rest
 * goes on in a new process.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { probes } from './probes.js'
import { answersTo, type Request } from './run.js'

const program = fileURLToPath(new URL('run.js', import.meta.url))
/** So many milliseconds for a process and for each of its probes: what takes longer hangs. */
const patience = { process: 20_000, probe: 100 }
/**
 * Probes of one process. What they opened is closed with it, and not every host allows many
 * descriptors.
 */
const atOnce = 100
const processes = 2

interface Ended {
  readonly how: number | string | null
  readonly printed: string
  readonly answers: readonly (readonly [index: number, answer: string])[]
}
async function run(request: Request): Promise<Ended> {
  mkdirSync(request.folder)
  // Warnings are for readers of the tests' output; a probe subscribes to the event.
  const child = spawn(process.execPath, [program, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  let hangs = false
  const limit = patience.process + patience.probe * request.which.length
  const timer = setTimeout(() => {
    hangs = child.kill('SIGKILL')
  }, limit)
  const ended = new Promise<number | string | null>(resolve =>
    child.on('close', (status, signal) => resolve(signal ?? status)),
  )
  const [how, printed, reported] = await Promise.all([
    ended,
    ...[1, answersTo].map(fd => text(child.stdio[fd] as Readable)),
  ])
  clearTimeout(timer)
  const lines = (reported as string).split('\n').filter(line => line !== '')
  return {
    how: hangs ? 'hangs' : how,
    printed: printed as string,
    answers: lines.map(line => JSON.parse(line)),
  }
}

/** The numbers of the probes, as they share processes. */
function chunks(): number[][] {
  const apart = [...probes.keys()].filter(index => probes[index].apart)
  const shared = [...probes.keys()].filter(index => !probes[index].apart)
  const count = Math.ceil(shared.length / atOnce)
  return [
    ...apart.map(index => [index]),
    ...Array.from({ length: count }, (_, i) => shared.slice(i * atOnce, (i + 1) * atOnce)),
  ]
}

/** The answers, as JSON, by the names of the probes. */
export async function answersOf(host: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'wasi-common-dropin-')))
  const left = chunks()
  let runs = 0
  async function work(): Promise<void> {
    for (let which = left.shift(); which !== undefined; which = left.shift()) {
      const { how, printed, answers } = await run({
        host,
        which,
        folder: join(base, String(runs++)),
      })
      const [first] = which
      if (probes[first].apart) {
        const answer = answers.length === 0 ? 'none' : JSON.parse(answers[0][1])
        found.set(probes[first].name, JSON.stringify({ ended: how, printed, answer }))
        continue
      }
      for (const [index, answer] of answers) found.set(probes[index].name, answer)
      // Retries a probe that died after others had answered as the first one: they may have caused
      // it.
      if (answers.length === 0) found.set(probes[first].name, JSON.stringify({ ended: how }))
      const rest = which.slice(Math.max(answers.length, 1))
      if (rest.length > 0) left.push(rest)
    }
  }
  try {
    await Promise.all(Array.from({ length: processes }, work))
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
  return found
}

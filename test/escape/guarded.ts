/**
 * All attacks on one guarded host: the answers that the guest gets, and no sign of an escape. A
 * test for each technique.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import type { TestFn } from 'ava'
import { openDescriptors } from '../hostcalls/fixture.js'
import { type Case, type Need, nameOf, run } from './case.js'
import { cases } from './cases.js'
import { elsewhere } from './elsewhere.js'
import { type Guarded, guarded } from './hosts.js'

/** Reasons why this host's system cannot be attacked in that way. */
export const missing: Readonly<Record<Need, string | undefined>> = {
  proc: fs.existsSync('/proc/self/fd') ? undefined : 'there is no /proc',
  devices: devicesOpen() ? undefined : 'no device node can be made',
}
function devicesOpen(): boolean {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  try {
    execFileSync('mknod', [join(folder, 'zero'), 'c', '1', '5'], { stdio: 'ignore' })
    fs.closeSync(fs.openSync(join(folder, 'zero'), 'r'))
    return true
  } catch {
    return false
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

export const byTechnique: ReadonlyMap<string, readonly Case[]> = new Map(
  cases.map(({ technique }) => [technique, cases.filter(one => one.technique === technique)]),
)

/** Returns why a host that does not enforce rights makes no such promise, or undefined. */
const unenforced = (title: string): string | undefined =>
  /^(a right|renumbering)/.test(title)
    ? 'rights bind a guest only where they are enforced'
    : undefined

export function attacked(test: TestFn, host: Guarded): void {
  for (const [technique, attacks] of byTechnique) {
    const title = `${technique} (${attacks.length})`
    const reason =
      (host === 'access' ? unenforced(title) : undefined) ??
      elsewhere(title) ??
      attacks.map(({ needs }) => needs && missing[needs]).find(reason => reason !== undefined)
    if (reason !== undefined) {
      test.skip(`${title} [${reason}]`, () => {})
      continue
    }
    test.serial(title, t => {
      const before = openDescriptors()
      for (const one of attacks) {
        const { answer, signs, unexpected } = run(one, guarded[host])
        t.deepEqual(signs, [], `${nameOf(one)}: the guest escaped`)
        t.deepEqual(unexpected, [], `${nameOf(one)}: every host error has a word`)
        t.is(answer, typeof one.answer === 'string' ? one.answer : one.answer[host], nameOf(one))
      }
      t.is(openDescriptors(), before, 'every descriptor of the host is given back')
    })
  }
}

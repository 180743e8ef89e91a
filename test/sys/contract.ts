/**
 * The contract of Sys as cases that any backend runs; what one cannot do is skipped with a reason.
 */
import type { TestFn } from 'ava'
import type { Sys } from '#lib/sys/sys.js'
import { clocks } from './cases/clocks.js'
import { cookies } from './cases/cookies.js'
import { directories } from './cases/directories.js'
import { files } from './cases/files.js'
import { following } from './cases/following.js'
import { handles } from './cases/handles.js'
import { links } from './cases/links.js'
import { names } from './cases/names.js'
import { oddities } from './cases/oddities.js'
import { offsets } from './cases/offsets.js'
import { opening } from './cases/opening.js'
import { paths } from './cases/paths.js'
import { sockets } from './cases/sockets.js'
import { sparse } from './cases/sparse.js'
import { times } from './cases/times.js'
import { waiting } from './cases/waiting.js'
import { type Cases, Fixture, type HostFs, openDescriptors } from './fixture.js'

export interface Skip {
  readonly reason: string
  readonly cases: readonly string[]
}

const subjects: Record<string, Cases> = {
  files,
  offsets,
  sparse,
  oddities,
  times,
  directories,
  cookies,
  opening,
  paths,
  links,
  following,
  names,
  handles,
  sockets,
  waiting,
  clocks,
}

/**
 * Registers one test for each case on `makeSys`, which may bring a substitute for the host's files.
 * The cases run one after another, and each must close every descriptor that it opened.
 */
export function contract(
  test: TestFn,
  name: string,
  makeSys: () => Sys | { readonly sys: Sys; readonly fs: HostFs },
  skip: readonly Skip[] = [],
  only: readonly (keyof typeof subjects)[] = Object.keys(subjects),
) {
  const reasons = new Map(skip.flatMap(({ reason, cases }) => cases.map(title => [title, reason])))
  const unused = new Set(reasons.keys())
  for (const subject of only) {
    const cases = subjects[subject]
    for (const [title, run] of Object.entries(cases)) {
      const reason = reasons.get(title)
      unused.delete(title)
      if (reason !== undefined) {
        test.skip(`${name}: ${subject}: ${title} [${reason}]`, () => {})
        continue
      }
      test.serial(`${name}: ${subject}: ${title}`, async t => {
        const before = openDescriptors()
        const made = makeSys()
        const fixture = 'sys' in made ? new Fixture(made.sys, made.fs) : new Fixture(made)
        try {
          await run(t, fixture)
        } finally {
          fixture.dispose()
        }
        t.is(openDescriptors(), before, 'every descriptor is given back')
      })
    }
  }
  test(`${name}: every skip names a case`, t => t.deepEqual([...unused], []))
}

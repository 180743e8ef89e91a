/**
 * Fuzzes paths: random trees and calls, on which every way to resolve a path must agree with the
 * others and with realpath.
 */
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'
import { TypescriptSys } from '#lib/sys/typescript/sys.js'
import { type Made, overlay } from '../test/sys/treefs.js'
import { type Played, play } from './play.js'
import { flags, Random, shrink } from './random.js'
import { type Call, type Entry, Maker } from './trees.js'

const ways: Readonly<Record<string, () => Sys | Made>> = {
  openat2: () => openNative(),
  walk: () => openNative({ resolution: 'walk' }),
  procfs: () => new TypescriptSys({ places: 'procfs' }),
  uncached: () => new TypescriptSys({ places: 'uncached' }),
  strings: () => new TypescriptSys({ places: 'strings' }),
  overlay: () => overlay(() => openNative()),
}

/**
 * Answers that may differ from those of openat2. `ends`: what comes after them cannot be compared.
 */
interface Difference {
  readonly way: RegExp
  readonly first: RegExp
  readonly answer: RegExp
  /** Only for such calls. */
  readonly when?: (call: Call) => boolean
  readonly ends: boolean
  readonly reason: string
}
const differences: readonly Difference[] = [
  {
    way: /^strings$/,
    first: /./,
    answer: /^STALE$/,
    ends: true,
    reason: 'a directory that was moved is not found by its string',
  },
  {
    way: /./,
    first: /^LOOP$/,
    answer: /^NOTCAPABLE$/,
    ends: false,
    reason:
      'Linux walks a path that leads out a second time, and counts its links on: 21 are too many',
  },
  {
    way: /./,
    first: /^(LOOP|NAMETOOLONG)$/,
    answer: /^(LOOP|NAMETOOLONG)$/,
    ends: false,
    reason:
      "the addon's walk has room for a path and three nested targets of full length, not for loops",
  },
  {
    way: /^(procfs|uncached|strings|overlay)$/,
    first: /^NAMETOOLONG$/,
    answer: /^[A-Z]+$/,
    when: ({ path, path2 }) => /[^/]{1024}/.test(`${path} ${path2}`),
    ends: false,
    reason:
      'two things are wrong; the addon refuses a name that no file system holds before the other',
  },
]

const difference = (way: string, call: Call, first: string, answer: string) =>
  differences.find(
    known =>
      known.way.test(way) &&
      known.first.test(first) &&
      known.answer.test(answer) &&
      (known.when === undefined || known.when(call)),
  )

/** Returns the fault of a sequence, if it has one: an error of the fuzzer's own, too. */
function fault(tree: readonly Entry[], calls: readonly Call[]): string | undefined {
  try {
    return compare(tree, calls)
  } catch (error) {
    return `the fuzzer: ${String(error).slice(0, 200)}`
  }
}
function compare(tree: readonly Entry[], calls: readonly Call[]): string | undefined {
  let first: Played | undefined
  for (const [way, makeSys] of Object.entries(ways)) {
    const played = play(makeSys, tree, calls)
    if (played.faults.length > 0) return `${way}: ${played.faults[0]}`
    first ??= played
    const differs = played.answers.findIndex((answer, i) => {
      const known = difference(way, calls[i] as Call, first?.answers[i] as string, answer)
      return answer !== first?.answers[i] && known?.ends !== false
    })
    if (differs >= 0) {
      const [expected, answer] = [
        first.answers[differs] as string,
        played.answers[differs] as string,
      ]
      if (difference(way, calls[differs] as Call, expected, answer) !== undefined) continue
      return `${calls[differs]?.call}: openat2 answers ${expected}, ${way} ${answer}`
    }
    const line = played.tree.findIndex((entry, i) => entry !== first?.tree[i])
    if (line >= 0 || played.tree.length < first.tree.length)
      return `${way} leaves another tree: ${played.tree[line]}, not ${first.tree[line]}`
  }
  return undefined
}

const short = (value: unknown) =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'string' && part.length > 80
      ? `${part.slice(0, 40)}... of ${part.length}`
      : part,
  )

// Time stands still, so that no cached directory expires on a slow machine.
performance.now = () => 0

const { seconds, seed: first } = flags()
const end = Date.now() + seconds * 1000
let seed = first
let calls = 0
console.log(`paths: seed ${first}`)
for (; Date.now() < end; seed++) {
  const maker = new Maker(new Random(seed))
  const tree = maker.tree()
  const sequence = Array.from({ length: 14 }, () => maker.call())
  const found = fault(tree, sequence)
  if (found !== undefined) {
    const kind = found.split(':')[0]
    const again = (entries: readonly Entry[], few: readonly Call[]) =>
      fault(entries, few)?.startsWith(`${kind}:`) ?? false
    const few = shrink(sequence, shorter => again(tree, shorter))
    const fewer = shrink(tree, smaller => again(smaller, few))
    console.error(`not ok, seed ${seed}: ${fault(fewer, few)}`)
    for (const entry of fewer) console.error(`  there is ${short(entry)}`)
    for (const call of few) console.error(`  call ${short(call)}`)
    process.exitCode = 1
    break
  }
  calls += sequence.length * Object.keys(ways).length
}
console.log(`paths: ${seed - first} sequences, ${calls} calls`)

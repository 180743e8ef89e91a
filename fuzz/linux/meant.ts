/** The differences from Linux that are meant, a row each with its reason; any other is a fault. */
import { Fdflags, Filetype } from '#lib/abi/values.js'
import type { Step } from './program.js'
import type { Slots } from './slots.js'

/** A call, and its two answers. */
export interface Difference {
  readonly way: string
  readonly step: Step
  readonly linux: string
  readonly here: string
  readonly slots: Slots
}
export interface Row {
  readonly way?: RegExp
  readonly call: RegExp
  readonly linux: RegExp
  readonly here: RegExp
  /** Only for such differences. */
  readonly when?: (difference: Difference) => boolean
  /** The comparison ends where only one side succeeds, unless this says otherwise. */
  readonly after?: 'goes on' | 'ends'
  readonly reason: string
}

const onDirectory = ({ slots, step }: Difference): boolean =>
  slots.named(step)[0]?.type === Filetype.DIRECTORY
/** A descriptor that is not open, or that is no directory where one is needed. */
const unfit = ({ slots, step }: Difference): boolean =>
  slots
    .named(step)
    .some(
      held =>
        held === undefined || (step[0].startsWith('path_') && held.type !== Filetype.DIRECTORY),
    )
const someText =
  (pattern: RegExp) =>
  ({ step }: Difference): boolean =>
    step.some(arg => typeof arg === 'string' && pattern.test(arg))
/**
 * An offset, or the end of what begins there, from 2^53 on. A place from which a seek begins may
 * add to it.
 */
const beyond = ({ step, slots }: Difference): boolean =>
  (slots.far && step[0] === 'fd_write') ||
  step.slice(2).some(arg => (typeof arg === 'bigint' ? (arg < 0n ? -arg : arg) : 0n) >= 2n ** 52n)
const syncFlags = Fdflags.DSYNC | Fdflags.RSYNC | Fdflags.SYNC

/** Times that a double, or microseconds, may not tell apart. */
const near = (one = '', other = ''): boolean =>
  one === other ||
  (/^\d+$/.test(one) &&
    /^\d+$/.test(other) &&
    BigInt.asUintN(64, BigInt(one) - BigInt(other) + 2048n) < 4096n)
/**
 * The answers are the same but for such times. An access time that rounding has made no later than
 * the last change is made new.
 */
function nearlySame(linux: string, here: string): boolean {
  const times = /(?:atim (\w+) ?)?mtim (\w*)/g
  if (linux.replace(times, '') !== here.replace(times, '')) return false
  const ours = [...here.matchAll(times)]
  return [...linux.matchAll(times)].every(([, atim, mtim], i) => {
    const [, read, written] = ours[i] ?? []
    return near(mtim, written) && (near(atim, read) || (read === 'now' && near(atim, mtim)))
  })
}
const withoutAtim = (answer: string): string => answer.replace(/atim \w+/g, 'atim')

export const meant: readonly Row[] = [
  {
    call: /^path_/,
    linux: / escapes$/,
    here: /^NOTCAPABLE$/,
    reason: 'a path that leads out of its directory is refused',
  },
  {
    way: /^(native|read-only$)/,
    call: /^path_/,
    linux: / escapes$/,
    here: /^LOOP$/,
    reason:
      'Linux walks a path that leads out a second time, and counts its links on: 21 are too many',
  },
  {
    call: /^path_/,
    linux: /^LOOP$/,
    here: /^NOTCAPABLE$/,
    reason: 'Linux goes on where a path leads out of its root, and meets one link too many',
  },
  {
    call: /./,
    linux: /^[A-Z]+$| escapes$/,
    here: /^(BADF|NOTDIR|INVAL|ROFS)$/,
    when: unfit,
    reason:
      'two things are wrong, one of them the descriptor: Linux looks at them in another order',
  },
  {
    call: /^fd_(seek|tell)$/,
    linux: /^(0 \d+|INVAL|OVERFLOW)$/,
    here: /^ISDIR$/,
    when: onDirectory,
    after: 'goes on',
    reason: 'a directory has no offset; its places are the cookies of fd_readdir',
  },
  {
    call: /^fd_(write|pwrite|allocate|filestat_set_size)$/,
    linux: /^(BADF|INVAL)$/,
    here: /^ISDIR$/,
    when: onDirectory,
    reason:
      'a call that no directory can take says so, where Linux says that it is not open to write',
  },
  {
    call: /^fd_fdstat_set_flags$/,
    linux: /^0$/,
    here: /^NOTSUP$/,
    when: ({ step }) => (Number(step[2]) & syncFlags) !== 0,
    reason: 'Linux ignores O_SYNC and O_DSYNC of an open file in silence',
  },
  {
    call: /^path_readlink$/,
    linux: /^INVAL( escapes)?$/,
    here: /./,
    when: ({ step }) => step[3] === 0,
    after: 'goes on',
    reason: 'a target is cut to its buffer, down to none; Linux refuses a buffer of no bytes first',
  },
  {
    call: /^path_filestat_set_times$/,
    linux: /^0( escapes)?$/,
    here: /^[A-Z]+$/,
    when: ({ step }) => step[6] === 0,
    after: 'goes on',
    reason:
      'Linux does not look for a file of which no time is set: utimensat(2), UTIME_OMIT for both',
  },
  {
    call: /^path_/,
    linux: /^[A-Z]+( escapes)?$/,
    here: /^[A-Z]+$/,
    when: someText(/[^/]{256}|.{4096}/s),
    reason:
      'two things are wrong: a name that no file system holds is refused before anything else',
  },
  {
    call: /^fd_(read|pread)$/,
    linux: /^INVAL$/,
    here: /^ISDIR$/,
    when: onDirectory,
    reason: 'two things are wrong: a directory, and an offset from 2^63 on',
  },
  {
    call: /^fd_(pwrite|write|seek|filestat_set_size|allocate)$/,
    linux: /^(0.*|INVAL|NOSPC|FBIG)$/,
    here: /^(FBIG|INVAL)$/,
    when: beyond,
    reason: 'no file has 2^53 bytes here, as on ext4; tmpfs holds files of 2^63 - 1',
  },
  {
    way: /^(memfs|overlay)$/,
    call: /^fd_(pwrite|write|filestat_set_size|allocate)$/,
    linux: /^(0.*|NOSPC)$/,
    here: /^(FBIG|0 4096)$/,
    after: 'ends',
    reason: 'a file in memory has at most 16 TiB, as on ext4',
  },
  {
    way: /^(memfs|overlay|read-only memfs)$/,
    call: /^(tree|(path|fd)_filestat_get)$/,
    linux: /^(0| )/,
    here: /^(0| )/,
    when: ({ linux, here, slots }) => slots.readNothing && withoutAtim(linux) === withoutAtim(here),
    reason: 'a read of no bytes is none, as on ext4; tmpfs makes the access time new',
  },
  {
    way: /^typescript$/,
    call: /^fd_seek$/,
    linux: /^INVAL$/,
    here: /^0 \d{14,}$/,
    reason: 'node:fs has no lseek, which knows the largest file of a disk: 16 TiB on ext4',
  },
  {
    way: /^typescript$/,
    call: /^(tree|(path|fd)_filestat_get)$/,
    linux: /^(0| )/,
    here: /^(0| )/,
    when: ({ linux, here }) => nearlySame(linux, here),
    reason: 'node:fs sets times as doubles, to the microsecond',
  },
]

/** The row for a difference, if it has one. */
export const meantBy = (difference: Difference): Row | undefined =>
  meant.find(
    ({ way, call, linux, here, when }) =>
      (way === undefined || way.test(difference.way)) &&
      call.test(difference.step[0]) &&
      linux.test(difference.linux) &&
      here.test(difference.here) &&
      (when === undefined || when(difference)),
  )

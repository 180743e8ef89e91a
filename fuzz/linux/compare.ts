/** Compares a way's answers with Linux's, and makes the least program of a difference. */
import { shrink } from '../random.js'
import { ask } from './interpreter.js'
import { meantBy, type Row } from './meant.js'
import type { Entry, Program, Step } from './program.js'
import { Slots } from './slots.js'
import { play, type Way } from './ways.js'

export interface Found {
  /** Differences of one kind have one group. */
  readonly group: string
  readonly step: Step
  readonly linux: string
  readonly here: string
}

const escapes = / escapes$/
/**
 * A path leads out, and the answer tells of what is there. Of two paths the other one may be wrong;
 * a slash or dots at the end, also of the target of a link that is created through, are, for some
 * calls, before anything is looked at.
 */
function leaves(
  { entries, steps }: Program,
  [name, ...args]: Step,
  linux: string,
  here: string,
): boolean {
  if (!escapes.test(linux)) return false
  const targets = [
    ...entries.flatMap(entry => (entry.kind === 'link' ? entry.target : [])),
    ...steps.flatMap(([call, text]) => (call === 'path_symlink' ? text : [])),
  ]
  const spelled = name === 'path_open' && here === 'ISDIR' ? [...args, ...targets] : args
  const known =
    name === 'path_rename' ||
    name === 'path_link' ||
    spelled.some(arg => typeof arg === 'string' && /(\/|\.\.)$/.test(arg))
  return here.startsWith('0') || (!known && !/^(NOTCAPABLE|INVAL|NAMETOOLONG|BADF)$/.test(here))
}
/** A success of both has a group for each way. */
function groupOf(linux: string, here: string, way: Way): string {
  if (linux === here) return 'leaves its directory'
  const kind = (answer: string): string =>
    /^[0 ]/.test(answer) ? 'success' : answer.replace(/\d+/g, 'N')
  const [theirs, ours] = [kind(linux), kind(here)]
  return theirs === ours ? `another result of ${way.name}` : `Linux ${theirs}, here ${ours}`
}

function differing(step: Step, linux: string, here: string): Pick<Found, 'linux' | 'here'> {
  if (step[0] !== 'tree') return { linux, here }
  const [theirs, ours] = [linux.split(' | '), here.split(' | ')]
  const at = Math.max(
    0,
    ours.findIndex((line, i) => line !== theirs[i]),
  )
  return { linux: theirs[at] ?? 'nothing', here: ours[at] ?? 'nothing' }
}

/**
 * The first difference that is not meant. After one that is, calls that succeed on one side alone
 * leave two worlds, which end the comparison; `count` learns of each row.
 */
export function compare(
  program: Program,
  way: Way,
  linux: readonly string[],
  count?: (row: Row) => void,
): Found | undefined {
  const answers = play(program, way)
  const held = new Slots()
  for (const [i, step] of program.steps.entries()) {
    const [theirs, here] = [linux[i] as string, answers[i] as string]
    const bare = theirs.replace(escapes, '')
    if (here === bare && !leaves(program, step, theirs, here)) {
      held.learn(step, here)
      continue
    }
    const row = meantBy({ way: way.name, step, linux: theirs, here, slots: held })
    if (row === undefined) {
      const differs = differing(step, theirs, here)
      return { group: `${step[0]}: ${groupOf(bare, here, way)}`, step, ...differs }
    }
    count?.(row)
    const { after = bare.startsWith('0') === here.startsWith('0') ? 'goes on' : 'ends' } = row
    if (after === 'ends') return undefined
  }
  return undefined
}

/** As few steps and entries as differ in the same way. */
export function least(program: Program, way: Way, group: string): Program {
  const again = (entries: readonly Entry[], steps: readonly Step[]): boolean => {
    try {
      const shorter = { entries, steps }
      return compare(shorter, way, ask(shorter, way.disk, way.readOnly))?.group === group
    } catch {
      // A directory that others are in may be left out.
      return false
    }
  }
  const steps = shrink(program.steps, shorter => again(program.entries, shorter))
  return { entries: shrink(program.entries, fewer => again(fewer, steps)), steps }
}

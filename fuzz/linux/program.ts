/**
 * Defines a drawn program: a tree, and calls on slots that hold descriptors, so that any call can
 * be left out.
 */
import type { HostcallName } from '#lib/abi/table.js'

/** Something that is there when a program begins. */
export type Entry =
  | { readonly kind: 'dir'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/**
 * A hostcall with the parameters of its row, without pointers: a path is text with a character for
 * each byte, a descriptor is a slot, a buffer is its length. `path_open` takes an access (1 read, 2
 * write) in place of rights, and the slot for its descriptor.
 */
export type Step = readonly [call: HostcallName | 'tree', ...args: (number | bigint | string)[]]

export interface Program {
  readonly entries: readonly Entry[]
  readonly steps: readonly Step[]
}

/** The slot of the preopened directory, and how many there are. */
export const root = 3
export const slots = 10

/** The byte that a drawn file is full of. */
export const fill = ({ path }: Entry): number => 97 + (path.length % 26)

const hex = (text: string): string => `x${Buffer.from(text, 'latin1').toString('hex')}`
const word = (arg: number | bigint | string): string =>
  typeof arg === 'string' ? hex(arg) : String(arg)

/** The lines that fuzz/linux/main.c reads. */
export function encode({ entries, steps }: Program): string {
  const first = entries.map(entry => {
    if (entry.kind === 'file') return `file ${hex(entry.path)} ${entry.size} ${fill(entry)}`
    return entry.kind === 'link'
      ? `link ${hex(entry.path)} ${hex(entry.target)}`
      : `dir ${hex(entry.path)}`
  })
  return [
    ...first,
    'go',
    ...steps.map(([name, ...args]) => [name, ...args.map(word)].join(' ')),
    '',
  ].join('\n')
}

/** A call as a report prints it. */
export function printed([name, ...args]: Step): string {
  const short = (text: string): string =>
    JSON.stringify(text.length > 60 ? `${text.slice(0, 20)}... of ${text.length}` : text)
  return `${name}(${args.map(arg => (typeof arg === 'string' ? short(arg) : arg)).join(', ')})`
}

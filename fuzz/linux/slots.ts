/**
 * Knows each slot of a program as its calls went: the filetype of a descriptor, and how it is open.
 */
import { Filetype } from '#lib/abi/values.js'
import { root, type Step } from './program.js'

export interface Held {
  readonly type: number
  /** 1 to read, 2 to write, 3 for both. */
  readonly access: number
}

export class Slots {
  /** No bytes were read of a file. */
  readNothing = false
  /** A file's offset was moved to near 2^53. */
  far = false
  readonly #held = new Map<number, Held>([[root, { type: Filetype.DIRECTORY, access: 1 }]])

  /** An answer that Linux and the guest agree on. */
  learn([name, ...args]: Step, answer: string): void {
    if (!answer.startsWith('0')) return
    const [from, into] = args as number[]
    if (name === 'path_open')
      this.#held.set(args[6] as number, {
        type: Number(answer.slice(2)),
        access: args[4] as number,
      })
    if (name === 'fd_renumber' && from !== into)
      this.#held.set(into as number, this.#held.get(from as number) as Held)
    if (name === 'fd_seek') this.far ||= BigInt(answer.slice(2)) >= 2n ** 53n - 70_000n
    if (name === 'fd_read' || name === 'fd_pread') this.readNothing ||= into === 0
    if (name === 'fd_close' || (name === 'fd_renumber' && from !== into))
      this.#held.delete(from as number)
  }

  /** Undefined for a slot that is empty. */
  of(slot: unknown): Held | undefined {
    return this.#held.get(slot as number)
  }
  /** The slots that a call starts from. */
  named([name, ...args]: Step): (Held | undefined)[] {
    const places =
      name === 'path_symlink'
        ? [1]
        : name === 'path_rename'
          ? [0, 2]
          : name === 'path_link'
            ? [0, 3]
            : [0]
    return places.map(place => this.of(args[place]))
  }
}

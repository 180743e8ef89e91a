/** The state of one guest's files on node:fs, and the conversion of errors to answers. */
import type fs from 'node:fs'
import { isatty } from 'node:tty'
import { Filetype } from '../../abi/values.js'
import { isStackOverflow } from '../../errors.js'
import { Block } from '../block.js'
import { type Answer, type Handle, UNEXPECTED } from '../sys.js'
import { answerOf } from './errno.js'
import type { Reach } from './place.js'
import { type ReachName, reach } from './reach.js'
import { type Slot, Slots } from './slots.js'
import { storeFilestat, typeOf } from './stat.js'

/** Closes the handles whose Sys was collected. */
const forgotten = new FinalizationRegistry<Slots>(slots => slots.clear())

export abstract class Files {
  readonly block: Block
  protected readonly reach: Reach
  protected readonly slots: Slots
  protected memory = new Uint8Array(0)
  #failure = new Error('nothing has failed')
  /** The preopens of the guest, by device and inode. */
  protected readonly given = new Set<string>()

  /** `places` selects the way to reach directories; by default, the best that works here. */
  constructor({ places, block = new Block() }: { places?: ReachName; block?: Block } = {}) {
    this.block = block
    this.reach = reach(places)
    this.slots = new Slots(this.reach)
    forgotten.register(this, this.slots)
  }

  bind(memory: Uint8Array) {
    this.memory = memory as Uint8Array<ArrayBuffer>
  }
  failure() {
    return this.#failure
  }
  dispose() {
    this.slots.clear()
  }

  /** Calls `act`: the only place where an error becomes an answer. */
  protected ask(act: () => number): Answer {
    try {
      return act()
    } catch (error) {
      // It ends the guest, which could otherwise repeat it without limit.
      if (isStackOverflow(error)) throw error
      const answer = answerOf(error)
      if (answer === UNEXPECTED) this.#failure = error as Error
      return answer
    }
  }
  protected told(stats: fs.BigIntStats): 0 {
    storeFilestat(this.block, stats)
    return 0
  }
  /** Returns a handle for an open descriptor, whose type is fetched here, and fills `opened`. */
  protected take(
    fd: number,
    stats: fs.BigIntStats,
    slot: Pick<Slot, 'access' | 'fdflags' | 'place'> & Partial<Slot>,
  ): Handle {
    const type = typeOf(stats)
    const position = type === Filetype.REGULAR_FILE ? 0 : undefined
    return this.add({ fd, type, socket: stats.isSocket(), position, ...slot })
  }
  /** Returns a handle for an open descriptor, and fills `opened`. */
  protected add({
    fd,
    type,
    access,
    fdflags,
    place,
    position,
    socket = false,
    owned = true,
    lent = false,
  }: Pick<Slot, 'fd' | 'type' | 'access' | 'fdflags' | 'place'> & Partial<Slot>): Handle {
    this.describe({ fd, type, fdflags })
    return this.slots.add({
      fd,
      owned,
      lent,
      type,
      socket,
      access,
      place,
      fdflags,
      appending: false,
      position,
      listing: undefined,
    })
  }
  protected describe({ fd, type, fdflags }: Pick<Slot, 'fd' | 'type' | 'fdflags'>): 0 {
    const { opened } = this.block
    opened[0] = type
    opened[1] = fdflags
    opened[2] = type === Filetype.CHARACTER_DEVICE && isatty(fd) ? 1 : 0
    return 0
  }
}

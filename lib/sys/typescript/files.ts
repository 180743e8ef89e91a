/** The state of one guest's files on node:fs, and the conversion of errors to answers. */
import fs from 'node:fs'
import { isatty } from 'node:tty'
import { Filetype } from '../../abi/values.js'
import { Block } from '../block.js'
import { type Answer, type Handle, UNEXPECTED } from '../sys.js'
import { answerOf } from './errno.js'
import { identity } from './listing.js'
import type { Reach } from './place.js'
import { type ReachName, reach } from './reach.js'
import { type Slot, Slots } from './slots.js'
import { storeFilestat, typeOf } from './stat.js'

/** Closes the handles whose Sys was collected. */
const forgotten = new FinalizationRegistry<Slots>(slots => slots.clear())

export abstract class Files {
  readonly block: Block
  protected readonly slots = new Slots()
  protected readonly reach: Reach
  protected memory = new Uint8Array(0)
  #failure = new Error('nothing has failed')
  /** The preopens of the guest, by device and inode. */
  protected readonly given = new Set<string>()

  /** `places` selects the way to reach directories; by default, the best that works here. */
  constructor({ places, block = new Block() }: { places?: ReachName; block?: Block } = {}) {
    this.block = block
    this.reach = reach(places)
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
      const answer = answerOf(error)
      if (answer === UNEXPECTED) this.#failure = error as Error
      return answer
    }
  }
  protected told(stats: fs.BigIntStats): 0 {
    storeFilestat(this.block, stats)
    return 0
  }
  /** Returns a handle for an open descriptor, and fills `opened`. */
  protected take(
    fd: number,
    given: boolean,
    slot: Pick<Slot, 'access' | 'fdflags' | 'place'> & Partial<Slot>,
  ): Handle {
    const stats = fs.fstatSync(fd, { bigint: true })
    const type = typeOf(stats)
    const position = type === Filetype.REGULAR_FILE ? 0 : undefined
    const named = identity(stats)
    if (given) this.given.add(named)
    this.describe({ fd, type, fdflags: slot.fdflags })
    return this.slots.add({
      fd,
      type,
      socket: stats.isSocket(),
      owned: true,
      lent: false,
      appending: false,
      position,
      listing: undefined,
      root: this.given.has(named),
      ...slot,
    })
  }
  protected describe({ fd, type, fdflags }: Pick<Slot, 'fd' | 'type' | 'fdflags'>): 0 {
    this.block.opened.set([type, fdflags, type === Filetype.CHARACTER_DEVICE && isatty(fd) ? 1 : 0])
    return 0
  }
}

/** The directory outside, and the detection of a call that read or changed it. */
import fs from 'node:fs'
import { populate, type Seen } from './calls.js'

const hidden = ['', '/f', '/victim', '/dir', '/empty']
/** The time of each of them, in seconds since 1970. */
const time = 1_234_567

/**
 * A change leaves its mark in ctime, which no call can set: that of the directory shows changes of
 * names, that of `f` changes of the file.
 */
export class Outside {
  readonly #folder: string
  #mark = ''
  #secrets: ReadonlySet<string | bigint> = new Set()

  constructor(folder: string) {
    this.#folder = folder
    this.restore()
  }
  restore(): void {
    fs.rmSync(`${this.#folder}/new`, { recursive: true, force: true })
    populate(this.#folder, 'secret')
    // A component learns times, and no inodes.
    for (const name of hidden) fs.utimesSync(this.#folder + name, time, time)
    const numbers = hidden.map(name => fs.lstatSync(this.#folder + name, { bigint: true }).ino)
    this.#secrets = new Set(['secret', BigInt(time) * 1_000_000_000n, ...numbers])
    this.#mark = this.#changes()
  }
  #changes(): string {
    const times = ['', '/f'].map(
      name => fs.lstatSync(this.#folder + name, { bigint: true }).ctimeNs,
    )
    return times.join()
  }
  get changed(): boolean {
    return this.#changes() !== this.#mark
  }
  tells(seen: Seen): boolean {
    return seen.some(what => this.#secrets.has(what))
  }
}

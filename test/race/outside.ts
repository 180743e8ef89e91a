/** The directory outside, and the detection of a call that read or changed it. */
import fs from 'node:fs'
import { populate, type Seen } from './calls.js'

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
    const numbers = ['', '/f', '/victim', '/dir', '/empty'].map(
      name => fs.lstatSync(this.#folder + name, { bigint: true }).ino,
    )
    this.#secrets = new Set(['secret', ...numbers])
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

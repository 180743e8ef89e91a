/** A terminal that does not obey a guest: what would steer it is shown, as a picture of itself. */
import type { GuestMemory } from '../memory.js'
import { plain } from '../stdio/terminal-escapes.js'
import { HostFile } from './file.js'

/** No byte becomes more than three, and what was cut before it no more than three besides. */
const largest = 3

export class PlainTerminal extends HostFile {
  readonly #memory: GuestMemory
  /** Keeps the beginning of a character whose end has not been written yet. */
  readonly #decoder = new TextDecoder()
  readonly #encoder = new TextEncoder()
  /** The bytes for which the terminal had no room. */
  #rest: Uint8Array = new Uint8Array(0)

  /** @param terminal what it is made of, and takes the place of. */
  constructor(terminal: HostFile, memory: GuestMemory) {
    super(terminal.sys, terminal.handle, terminal)
    this.#memory = memory
  }

  override writev(spans: number): number {
    const { block } = this.sys
    const room = Math.floor(block.text.length / largest) - 1
    let taken = 0
    for (let i = 0; i < spans; i++) {
      const end = block.spans[2 * i] + block.spans[2 * i + 1]
      for (let at = block.spans[2 * i]; at < end; at += room) {
        const answer = this.#flush()
        if (answer < 0) return taken > 0 ? taken : answer
        const length = Math.min(room, end - at)
        const text = this.#decoder.decode(this.#memory.copy(at, length), { stream: true })
        this.#rest = this.#encoder.encode(plain(text))
        taken += length
      }
    }
    const answer = this.#flush()
    return answer < 0 && taken === 0 ? answer : taken
  }

  /** 0 when all is written, or why not. */
  #flush(): number {
    while (this.#rest.length > 0) {
      this.sys.block.text.set(this.#rest)
      const answer = this.sys.writeText(this.handle, this.#rest.length)
      if (answer < 0) return answer
      this.#rest = this.#rest.subarray(answer)
    }
    return 0
  }
}

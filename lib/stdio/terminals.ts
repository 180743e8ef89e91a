/** The filtered terminals of one guest, whose colours are reset at its end. */

/** The writer of a terminal's last text. */
export interface Ending {
  end(): void
}

export class Terminals {
  readonly #endings: Ending[] = []
  readonly #onColour: () => void

  /** @param onColour called before a colour is written: an end of this thread may reset none */
  constructor(onColour: () => void = () => {}) {
    this.#onColour = onColour
  }

  add(ending: Ending): void {
    this.#endings.push(ending)
  }

  /** A filter has let a colour through. */
  coloured(): void {
    this.#onColour()
  }

  /** Resets the colours of each. A terminal that is gone, or takes nothing, fails no guest. */
  reset(): void {
    for (const ending of this.#endings) {
      try {
        ending.end()
      } catch {}
    }
  }
}

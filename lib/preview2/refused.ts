/** The error of a result, as a call whose values jco converts returns it. */
export class Refused<Payload = unknown> {
  /** The error as jco represents it; undefined for an error without one. */
  readonly payload: Payload
  constructor(payload: Payload) {
    this.payload = payload
  }
}

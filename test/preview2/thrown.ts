/** The exception of a call, which need not be an Error. */

/** Returns what a call throws. A call that returns fails the test. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  throw new Error('nothing is thrown')
}

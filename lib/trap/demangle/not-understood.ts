/** The one failure of the demanglers: a symbol that is not mangled, or not in a form they know. */

/** Thrown inside the demanglers, and caught by `demangle()`. It has no stack: it is no error. */
export const notUnderstood: unique symbol = Symbol('not understood')

/** Gives up on a symbol. */
export function fail(): never {
  throw notUnderstood
}

/** The longest symbol that is read, and the longest text that is made of one, in UTF-16 units. */
export const longestSymbol = 16_384
/**
 * The most steps for one symbol: nodes, characters and list items together. The longest of 180,000
 * symbols of LLVM, libstdc++ and rustc takes 2,500.
 */
export const mostSteps = 30_000
/** The deepest nesting. The deepest of these symbols has 40. */
export const mostDepth = 200

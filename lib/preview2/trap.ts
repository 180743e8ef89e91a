/** Traps: the end of a component that breaks the rules of the canonical ABI. */

/** Returns the error of a trap, as WebAssembly throws it. */
export const trap = (message: string): Error => new WebAssembly.RuntimeError(message)
/** The trap of an access outside a memory. */
export const outOfBounds = (): Error => trap('memory access out of bounds')

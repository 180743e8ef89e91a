/** Demangles the symbols of Rust and C++. */
import { demangleItanium } from './itanium.js'
import { longestSymbol, notUnderstood } from './not-understood.js'
import { demangleLegacyRust, isLegacyRust } from './rust-legacy.js'
import { demangleRustV0 } from './rust-v0.js'

function demangled(symbol: string): string {
  if (symbol.startsWith('_R')) return demangleRustV0(symbol)
  return isLegacyRust(symbol) ? demangleLegacyRust(symbol) : demangleItanium(symbol)
}

/**
 * The name that the source has for a symbol: Rust's v0 and legacy names, and C++'s of the Itanium
 * ABI. A symbol that is not mangled, or not in a form that is known here, is returned as it is. The
 * work for one symbol is bounded, whatever it says.
 */
export function demangle(symbol: string): string {
  if (symbol.length > longestSymbol || !/^(?:_R|_Z|___?Z)[\w.$@\u0080-\uffff]*$/.test(symbol))
    return symbol
  try {
    return demangled(symbol)
  } catch (thrown) {
    if (thrown === notUnderstood) return symbol
    throw thrown
  }
}

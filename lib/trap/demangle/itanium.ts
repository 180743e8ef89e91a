/** Demangles the C++ names of clang, GCC and wasi-sdk. */
import { Encoding } from './itanium/encoding.js'

/**
 * A C++ name. Throws `notUnderstood` for other symbols.
 * @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling
 */
export const demangleItanium = (symbol: string): string =>
  new Encoding(symbol, symbol.indexOf('_Z') + 2).symbol()

/** Demangles Rust's older names, which look like C++'s and end in a hash. */
import { fail } from './not-understood.js'

const escapes: ReadonlyMap<string, string> = new Map([
  ['SP', '@'],
  ['BP', '*'],
  ['RF', '&'],
  ['LT', '<'],
  ['GT', '>'],
  ['LP', '('],
  ['RP', ')'],
  ['C', ','],
])
const form = /^_ZN((?:[0-9]+[^0-9].*)?)17h[0-9a-f]{16}E(\.llvm\.[0-9A-Fa-f@]+)?$/

/** Says of a symbol that it has the hash of a Rust compiler. */
export const isLegacyRust = (symbol: string): boolean => form.test(symbol)

function unescaped(name: string): string {
  return name
    .replace(/^_(?=\$)/, '')
    .replace(/\.\.|\$([A-Z]+|u[0-9a-f]{1,6})\$/g, (whole, code: string | undefined) => {
      if (code === undefined) return '::'
      if (!code.startsWith('u')) return escapes.get(code) ?? whole
      const unit = Number.parseInt(code.slice(1), 16)
      return unit > 0x1f && unit < 0x110000 ? String.fromCodePoint(unit) : whole
    })
}

/**
 * A Rust name without its hash. Throws `notUnderstood` for other symbols.
 * @see https://doc.rust-lang.org/rustc/symbol-mangling/legacy.html
 */
export function demangleLegacyRust(symbol: string): string {
  const [, path] = form.exec(symbol) ?? fail()
  const names: string[] = []
  for (let rest = path; rest !== ''; ) {
    const digits = /^[0-9]{1,5}/.exec(rest)?.[0] ?? fail()
    const end = digits.length + Number(digits)
    if (end > rest.length) fail()
    names.push(unescaped(rest.slice(digits.length, end)))
    rest = rest.slice(end)
  }
  return names.length === 0 ? fail() : names.join('::')
}

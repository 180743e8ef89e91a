/**
 * Marks classes so that `instanceof` holds across the copies of this package that one process may
 * have, such as a plugin's own.
 */

const ordinary = Function.prototype[Symbol.hasInstance]

/**
 * Brands a class with a registered symbol, which all copies share: `instanceof` is true for
 * instances of each copy's class of that name. A class that extends it has the ordinary
 * `instanceof`.
 * @see https://nodejs.org/api/packages.html#dual-package-hazard
 */
export function brand(Class: { readonly prototype: object }, name: string): void {
  const mark = Symbol.for(`wasi-common.${name}`)
  Object.defineProperty(Class.prototype, mark, { value: true })
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== Class) return ordinary.call(this as () => void, value)
      return typeof value === 'object' && value !== null && mark in value
    },
  })
}

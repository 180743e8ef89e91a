/**
 * Checks the names of a component before the JavaScript made of it is evaluated: names become parts
 * of that text, and a component that chose its names freely could write JavaScript of its own.
 */
import { coded } from '../../errors.js'
import { plainLine } from '../../stdio/terminal-escapes.js'

/**
 * Characters that end or change no string, template, comment or line of JavaScript. Compilers use no
 * others: those of `wasi:cli/run@0.2.0#run`, `[method]descriptor.open-at`, `$imports`, and of C++ and
 * Rust symbols. Quotes, backslashes, backticks, braces, `*`, line ends and all of Unicode beyond
 * ASCII are refused.
 */
const harmless = /^[\w .$:/@#[\]<>=+!,;|~?%^&()-]*$/
/** The most characters of a name in a message. */
const shown = 100

export const refusedComponent = (message: string, options?: ErrorOptions): Error =>
  coded(new Error(message, options), 'ERR_WASI_COMPONENT')

/** A name as it goes into a message. */
export const named = (name: string): string => plainLine(name.slice(0, shown))

/** @throws Error with code `ERR_WASI_COMPONENT` for a name with any other character */
export function checkNames(names: Iterable<string>): void {
  for (const name of names)
    if (!harmless.test(name))
      throw refusedComponent(
        `the component has the name '${named(name)}': expected only letters, digits and the ` +
          'punctuation of WIT names',
      )
}

/** Checks the names that a core module imports and exports. */
export function checkModuleNames(module: WebAssembly.Module): void {
  for (const { module: from, name } of WebAssembly.Module.imports(module)) checkNames([from, name])
  checkNames(WebAssembly.Module.exports(module).map(({ name }) => name))
}

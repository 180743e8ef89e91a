/** Finds jco, which transpiles components: an optional peer dependency that the embedder installs. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { coded } from '../../errors.js'
import { namedProgram } from '../../options/program-files.js'
import { root } from '../../sys/root.js'

const packageName = '@bytecodealliance/jco'
/**
 * The oldest version that was tried and works. Hybrid bindings with synchronous instances are older
 * (1.5.0), but in 1.20.0 an exit is the rejection of a promise, and the guest goes on.
 */
const oldest = '1.28.1'

/** An installed jco. */
export interface Jco {
  readonly version: string
  /** Its files that export `transpile`, the quickest to load first. */
  readonly files: readonly string[]
}

/**
 * Looks for jco beside this package, as Node does for a peer dependency, and then beside the
 * program that was started. The working directory is not searched: its `node_modules` would run in
 * this process, and an attacker may have made the folder.
 * @param from the files from which it is looked for
 * @throws Error with code `ERR_WASI_NO_JCO`, `ERR_WASI_JCO_VERSION`
 */
export function findJco(from: readonly string[] = searchedFrom()): Jco {
  for (const place of from) {
    const require = createRequire(place)
    const main = resolved(require, packageName)
    if (main === undefined) continue
    const version = versionOf(main)
    if (!isRecent(version)) {
      const message =
        `components need ${packageName} ${oldest} or later, and ${version} is installed ` +
        `(${dirname(main)}): npm install ${packageName}`
      throw coded(new Error(message), 'ERR_WASI_JCO_VERSION')
    }
    const quick = resolved(require, `${packageName}/component`)
    return { version, files: quick === undefined ? [main] : [quick, main] }
  }
  const message =
    `components need ${packageName}, which is not installed beside ${root}: ` +
    `npm install ${packageName}`
  throw coded(new Error(message), 'ERR_WASI_NO_JCO')
}

/** The files from which jco is looked for. An argument of `node -e` is none of them. */
export function searchedFrom(): string[] {
  const program = namedProgram()
  return [join(root, 'package.json'), ...(program === undefined ? [] : [program])]
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name)
  } catch {
    return undefined
  }
}

/** The version of the package that a file is in. */
function versionOf(file: string): string {
  for (let above = dirname(file); ; above = dirname(above)) {
    try {
      const text = readFileSync(join(above, 'package.json'), 'utf8')
      const { name, version } = JSON.parse(text) as Readonly<Record<string, unknown>>
      if (name === packageName && typeof version === 'string') return version
    } catch {
      // The package's own folder is further up.
    }
    if (dirname(above) === above) return 'an unknown version'
  }
}

function isRecent(version: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.+-]/).slice(0, 3).map(Number)
  const [found, wanted] = [numbers(version), numbers(oldest)]
  for (const [i, number] of wanted.entries()) if (found[i] !== number) return found[i] > number
  return true
}

/**
 * Checks the options of a strict sandbox: refuses those that would hand the host to the guest by
 * mistake.
 */
import { parse, relative, sep } from 'node:path'
import { coded } from '../errors.js'
import { passed } from '../sys/realpath.js'
import { root } from '../sys/root.js'
import { wrongValue } from '../validate.js'
import { isLoopback, type Listen, shown } from './listen.js'
import { type Started, startedFrom } from './program-files.js'

/** A guest that may read this knows much of its host. */
const ownPackage = (): Started => ({ what: 'this package', places: passed(root), parts: true })

/** The settings that are checked. */
interface Given {
  readonly backend: string
  readonly preopens: readonly {
    readonly name: string
    readonly path: string | undefined
    readonly place?: string
  }[]
  readonly listen: readonly Listen[]
}

/**
 * @throws TypeError with code ERR_INVALID_ARG_VALUE; Error with code ERR_WASI_UNSAFE_PREOPEN or
 * ERR_WASI_PUBLIC_LISTEN.
 */
export function checkStrict(
  { backend, preopens, listen }: Given,
  inheritsEnv: boolean,
  allowUnsafePreopen: boolean,
  allowPublicListen: boolean,
): void {
  if (backend === 'typescript')
    throw wrongValue(
      'options.backend',
      "must be 'native' or 'auto' when options.strict is true",
      backend,
    )
  if (inheritsEnv) {
    const error =
      'options.env must not be process.env when options.strict is true: pass a record of the variables that the guest needs'
    throw coded(new TypeError(error), 'ERR_INVALID_ARG_VALUE')
  }
  for (const where of allowPublicListen ? [] : listen) {
    if (isLoopback(where)) continue
    const message = `options.listen: other machines can reach ${shown(where)}, which a strict sandbox refuses; expected a loopback address, or allowPublicListen: true`
    throw coded(new Error(message), 'ERR_WASI_PUBLIC_LISTEN')
  }
  if (allowUnsafePreopen) return
  for (const { name, path, place } of preopens) {
    if (place === undefined) continue
    const why = unsafe(place)
    if (why === undefined) continue
    const message = `the preopen "${name}" at "${path}" is ${why}, which a strict sandbox refuses unless allowUnsafePreopen is true`
    throw coded(new Error(message), 'ERR_WASI_UNSAFE_PREOPEN')
  }
}

/**
 * Refuses preopens that hold a file that an option names, or a symlink on the way to it: a guest
 * that writes there decides what the host runs the next time.
 * @throws Error with code ERR_WASI_UNSAFE_PREOPEN
 */
export function checkHeld(preopens: Given['preopens'], option: string, file: string): void {
  const places = passed(file)
  for (const { name, path, place } of preopens) {
    if (place === undefined || !places.some(file => holds(place, file))) continue
    const message = `the preopen "${name}" at "${path}" contains ${option}, which a strict sandbox refuses unless allowUnsafePreopen is true`
    throw coded(new Error(message), 'ERR_WASI_UNSAFE_PREOPEN')
  }
}

function unsafe(path: string): string | undefined {
  if (path === parse(path).root) return 'the root of a file system'
  if (holds('/proc', path)) return 'in /proc (the memory of this process)'
  if (holds('/sys', path)) return 'in /sys (the settings of the kernel)'
  if (path === '/dev') return 'the directory of all devices'
  const files = startedFrom()
  for (const { what, places } of files) if (places.includes(path)) return what
  const all = [ownPackage(), ...files]
  for (const { what, places } of all)
    if (places.some(place => holds(path, place))) return `a directory that contains ${what}`
  const whole = all.find(
    ({ parts, places }) => parts === true && places.some(place => holds(place, path)),
  )
  return whole && `a part of ${whole.what}`
}

function holds(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && parse(way).root === ''
}

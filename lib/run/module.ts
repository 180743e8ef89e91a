/** What a module says of itself that its host has to know beforehand. */
import { namespace } from '../abi/table.js'
import { namespace0 } from '../abi/table0.js'

/** The snapshot that a module imports. */
export function versionOf(module: WebAssembly.Module): 'preview1' | 'unstable' {
  const modules = new Set(WebAssembly.Module.imports(module).map(({ module }) => module))
  return modules.has(namespace0) && !modules.has(namespace) ? 'unstable' : 'preview1'
}

/** Whether a module wants a memory made by its host. */
export const importsMemory = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory')

/** In pages of 64 KiB. */
export interface MemoryLimits {
  readonly initial: number
  readonly maximum?: number
  readonly shared: boolean
}

const Section = Object.freeze({ CUSTOM: 0, IMPORT: 2 })
const Kind = Object.freeze({ FUNCTION: 0, TABLE: 1, MEMORY: 2, GLOBAL: 3, TAG: 4 })
const Limit = Object.freeze({ MAXIMUM: 1, SHARED: 2 })

/**
 * The memory that a module imports, as its import section has it, since WebAssembly.Module does not tell. Undefined where
 * it imports none. The bytes are those of a module that was compiled, so they are well formed.
 * @see https://webassembly.github.io/spec/core/binary/modules.html#import-section
 */
export function memoryLimits(bytes: Uint8Array): MemoryLimits | undefined {
  let at = 8
  const number = (): number => {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('these are not the bytes of that module')
      value += (byte & 127) * weight
      if (byte < 128) return value
    }
  }
  const skipName = (): void => {
    const length = number()
    at += length
  }
  const limits = () => {
    const flags = bytes[at++]
    const initial = number()
    const maximum = flags & Limit.MAXIMUM ? { maximum: number() } : {}
    return { initial, ...maximum, shared: (flags & Limit.SHARED) !== 0 }
  }
  const skipValueType = (): void => {
    // A reference to a type (0x63, 0x64) has the type's number behind it.
    const type = bytes[at++]
    if (type === 0x63 || type === 0x64) number()
  }
  while (at < bytes.length && bytes[at] !== Section.IMPORT) {
    at++
    const length = number()
    at += length
  }
  if (at === bytes.length) return undefined
  at++
  number()
  for (let left = number(); left > 0; left--) {
    skipName()
    skipName()
    switch (bytes[at++]) {
      case Kind.MEMORY:
        return limits()
      case Kind.TABLE:
        skipValueType()
        limits()
        break
      case Kind.GLOBAL:
        skipValueType()
        at++
        break
      case Kind.TAG:
        at++
        number()
        break
      default:
        number()
    }
  }
  return undefined
}

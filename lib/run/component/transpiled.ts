/** A transpiled component, and its form as one sequence of bytes. */
import { coded } from '../../errors.js'

/** A core module of a component. */
export interface CoreModule {
  /** The name by which the JavaScript asks for it. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** The result of jco for a component. */
export interface Transpiled {
  /** A script whose value is jco's function `instantiate`. */
  readonly code: string
  readonly modules: readonly CoreModule[]
  /** The names of the component's imports, with their versions. */
  readonly imports: readonly string[]
  /** The names of its exports. */
  readonly exports: readonly string[]
}

/** The head of the packed form, in JSON. */
interface Head {
  readonly code: number
  readonly modules: readonly (readonly [name: string, size: number])[]
  readonly imports: readonly string[]
  readonly exports: readonly string[]
}

const lengthBytes = 4

/** Packs a transpiled component: for the cache, and for a guest's process. */
export function pack({ code, modules, imports, exports }: Transpiled): Buffer {
  const script = Buffer.from(code)
  const head = Buffer.from(
    JSON.stringify({
      code: script.length,
      modules: modules.map(({ name, bytes }) => [name, bytes.length] as const),
      imports,
      exports,
    } satisfies Head),
  )
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(head.length)
  return Buffer.concat([length, head, script, ...modules.map(({ bytes }) => bytes)])
}

/**
 * Unpacks what {@link pack} returned. The modules are views of the bytes.
 * @throws for other bytes, unless they happen to fit
 */
export function unpack(packed: Buffer): Transpiled {
  let at = lengthBytes
  const take = (size: number): Buffer => {
    const part = packed.subarray(at, at + size)
    if (part.length !== size) throw coded(new Error('a packed component ends too early'), 'EINVAL')
    at += size
    return part
  }
  const { code, modules, imports, exports } = JSON.parse(
    take(packed.readUInt32LE()).toString(),
  ) as Head
  return {
    code: take(code).toString(),
    modules: modules.map(([name, size]) => ({ name, bytes: take(size) })),
    imports,
    exports,
  }
}

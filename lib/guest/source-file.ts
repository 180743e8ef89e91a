/** Reads the file of a module, which the embedder names. */
import { closeSync, constants, fstatSync, openSync, promises, readSync, type Stats } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { inspect } from 'node:util'
import { coded } from '../errors.js'
import { isComponent, isModuleStart, preambleBytes } from './preamble.js'

/**
 * The maximum size of a module in bytes.
 * @see https://webassembly.github.io/spec/js-api/#limits
 */
const mostBytes = 2 ** 30
/** The number of bytes read first, enough to recognize a file that is not a module. */
const head = 4096
/**
 * The flags of opening a source. O_NONBLOCK keeps a pipe without a writer from blocking, O_NOCTTY a
 * terminal from becoming the process's controlling terminal.
 */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** A file with the bytes of a module. */
export class SourceFile {
  readonly path: string

  /** @param path resolved against the current working directory if it is relative */
  constructor(path: string) {
    this.path = isAbsolute(path) ? path : absolute(path)
  }

  /**
   * Reads the file.
   * @param components true if it may be a component
   * @throws Error with the code of the host for a file that cannot be read, with `ERR_WASI_SOURCE`
   * for a directory, a device, a pipe and more than 1 GiB; CompileError for a file that does not
   * begin as a module
   */
  async read(components = false): Promise<Uint8Array> {
    try {
      const file = await promises.open(this.path, flags)
      try {
        const steps = reading(this.path, await file.stat(), components)
        let step = steps.next()
        while (!step.done) step = steps.next((await file.read(step.value)).bytesRead)
        return step.value
      } finally {
        await file.close()
      }
    } catch (error) {
      throw unreadable(this.path, error)
    }
  }

  /** Reads the file in this thread. */
  readSync(): Uint8Array {
    try {
      const fd = openSync(this.path, flags)
      try {
        const steps = reading(this.path, fstatSync(fd), false)
        let step = steps.next()
        while (!step.done) step = steps.next(readSync(fd, step.value))
        return step.value
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      throw unreadable(this.path, error)
    }
  }
}

/**
 * Makes a path absolute. It leaves `..` to the host, which resolves it after following the symlink
 * before it.
 */
function absolute(path: string): string {
  if (process.platform === 'win32') return resolve(path)
  try {
    return `${process.cwd()}/${path}`
  } catch {
    // The working directory was removed: opening the file reports that.
    return path
  }
}

/** Yields the buffer to read into, and receives the number of bytes read. Returns all bytes. */
function* reading(
  path: string,
  stat: Stats,
  components: boolean,
): Generator<Uint8Array, Uint8Array, number> {
  if (!stat.isFile()) throw unfit(path, `must be a regular file, and is ${kindOf(stat)}`)
  let bytes = new Uint8Array(head)
  let size = 0
  for (;;) {
    const count = yield bytes.subarray(size)
    size += count
    if (size <= head || count === 0)
      checkMagic(path, bytes.subarray(0, size), count === 0, components)
    if (count === 0) return bytes.subarray(0, size)
    if (size > mostBytes || stat.size > mostBytes)
      throw unfit(path, `has more than ${mostBytes} bytes, the most of a module`)
    if (size < bytes.length) continue
    const larger = new Uint8Array(Math.min(Math.max(stat.size + 1, 2 * size), mostBytes + 1))
    larger.set(bytes)
    bytes = larger
  }
}

const unfit = (path: string, why: string): Error =>
  coded(new Error(`source ${inspect(path)} ${why}`), 'ERR_WASI_SOURCE')

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a directory'
  if (stat.isFIFO()) return 'a pipe'
  return stat.isSocket() ? 'a socket' : 'a device'
}

/** Refuses a file that is not a module by its first bytes, before reading the others. */
function checkMagic(path: string, bytes: Uint8Array, ended: boolean, components: boolean): void {
  if (bytes.length < preambleBytes && !ended) return
  if (isModuleStart(bytes) || (components && isComponent(bytes))) return
  const found = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  if (isComponent(bytes)) throw refusedComponent(` ${inspect(path)}`)
  const why = hintFor(bytes) ?? `it begins with the bytes ${found}, not 0061736d`
  throw new WebAssembly.CompileError(`source ${inspect(path)} is not a WebAssembly module: ${why}`)
}

/**
 * The error for a component where only a module can be used.
 * @param named the name of its file, after a space
 */
export const refusedComponent = (named = ''): Error =>
  coded(
    new WebAssembly.CompileError(`source${named} is not a WebAssembly module: ${componentHint}`),
    'ERR_WASI_COMPONENT',
  )

/** The advice for a component where only a module can be used. */
const componentHint =
  'this is a component (WASI 0.2): run() and the command run it, createComponentHost() of ' +
  'wasi-common/preview2 embeds it'

/** Describes a file that is not a module, by its first bytes. */
export function hintFor(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'the file is empty'
  if (isComponent(bytes)) return componentHint
  const start = new TextDecoder().decode(bytes.subarray(0, head)).trimStart()
  if (start.startsWith('(') || start.startsWith(';;'))
    return 'this looks like WebAssembly text: compile it with wat2wasm (wabt)'
  return undefined
}

/** Adds the file's name to an error of the host. Errors of this package already contain it. */
function unreadable(path: string, error: unknown): unknown {
  const { code, message, syscall, errno } = error as NodeJS.ErrnoException
  if (syscall === undefined && code !== 'ERR_ACCESS_DENIED') return error
  // Removes the path, which the host's message contains unescaped.
  const reason = message.replace(/, \w+(?: '.*')?$/s, '')
  return coded(
    new Error(`source: cannot read ${inspect(path)}: ${reason}`, { cause: error }),
    code as string,
    { path, syscall, errno },
  )
}

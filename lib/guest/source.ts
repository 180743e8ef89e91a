/** Checks the source of a module: bytes, a compiled module, or a file by its path or URL. */
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { isURL, wrongType, wrongValue } from '../validate.js'
import { type CompiledModule, compiledOf, isCompiled } from './compiled-module.js'
import { checkWebAssembly, isModule } from './instantiate.js'
import { isComponent } from './preamble.js'
import { refusedComponent, SourceFile } from './source-file.js'

/**
 * A checked source: a private copy of bytes, a module, one that a pool has compiled, or a file that
 * has not been read yet.
 */
export type CheckedSource = Uint8Array | WebAssembly.Module | CompiledModule | SourceFile

const accepted = 'a path, a file: URL, an ArrayBuffer or a view of one, or a WebAssembly.Module'

/**
 * Checks a source, and copies its bytes: the caller may reuse them at once, and they are read more
 * than once here.
 * @throws TypeError for anything else, and for a URL that is not a `file:` URL
 */
export function sourceOf(source: unknown): CheckedSource {
  const checked = borrowedSource(source)
  return types.isUint8Array(checked) ? new Uint8Array(checked) : checked
}

/**
 * Checks a source without copying its bytes: the caller must copy or compare them before it
 * returns.
 * @throws as {@link sourceOf} does
 */
export function borrowedSource(source: unknown): CheckedSource {
  if (typeof source === 'string') return new SourceFile(pathOf(source))
  if (ArrayBuffer.isView(source))
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  if (types.isAnyArrayBuffer(source)) return new Uint8Array(source)
  if (source !== null && typeof source === 'object' && isURL(source))
    return new SourceFile(pathOfUrl(source.href))
  // `isModule` catches an exception of V8 for anything else, which costs more than the other check.
  if (isCompiled(source) || isModule(source)) return source
  const awaited = types.isPromise(source) ? '; await the promise' : ''
  throw wrongType('source', `${accepted}${awaited}`, source)
}

/** A string with a scheme. Write `./` before a path that begins like one. */
const url = /^(?:[a-z][a-z\d+.-]+:\/\/|(?:file|data|blob|node):)/i

function pathOf(source: string): string {
  if (url.test(source)) return pathOfUrl(source)
  if (/^\s*\(module\b/.test(source))
    throw wrongValue(
      'source',
      `must be ${accepted}; this looks like WebAssembly text: compile it with wat2wasm (wabt)`,
      source,
    )
  if (source === '') throw wrongValue('source', `must be ${accepted}; it is empty`, source)
  return named(source, source)
}

function pathOfUrl(href: string): string {
  if (!/^file:/i.test(href)) throw wrongValue('source', `must be ${accepted}`, href)
  return named(fileURLToPath(href), href)
}

function named(path: string, source: string): string {
  if (path.includes('\0')) throw wrongValue('source', 'must not contain NUL characters', source)
  return path
}

/**
 * Returns the module of a source. Bytes are read and compiled in this thread; to avoid blocking it,
 * compile them first with `WebAssembly.compile`.
 * @throws WebAssembly.CompileError for bytes that are not a module; ERR_WASI_NO_WEBASSEMBLY; as
 * {@link sourceOf} and {@link SourceFile.readSync} do
 */
export function moduleOf(source: unknown): WebAssembly.Module {
  checkWebAssembly()
  const checked = sourceOf(source)
  const bytes = bytesOrModule(checked)
  if (types.isUint8Array(bytes) && isComponent(bytes)) throw refusedComponent()
  return types.isUint8Array(bytes)
    ? new WebAssembly.Module(bytes as WebAssembly.BufferSource)
    : bytes
}

function bytesOrModule(source: CheckedSource): Uint8Array | WebAssembly.Module {
  if (source instanceof SourceFile) return source.readSync()
  return isCompiled(source) ? compiledOf(source).bytes : source
}

/** Returns the module or the bytes of a source, which may be a component; a file is read. */
export const loaded = async (source: CheckedSource): Promise<Exclude<CheckedSource, SourceFile>> =>
  source instanceof SourceFile ? source.read(true) : source

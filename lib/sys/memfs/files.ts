/** The class of in-memory files. */
import { checkKeys } from '../../validate.js'
import type { FileChange } from './changes.js'
import { memfs } from './load.js'
import { type Quota, type QuotaUsage, quotaOf } from './quota.js'
import type { FileEntry, FileRecord, FileSymlink, Store } from './store.js'
import type { Tree } from './tree.js'

/** The brand of MemoryFiles, which all copies of this package share. */
const brand = Symbol.for('wasi-common.MemoryFiles')

/**
 * Returns true for MemoryFiles of another copy of this package, whose content this copy cannot
 * reach.
 */
export const isForeign = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && brand in value && !(value instanceof MemoryFiles)

/** Returns the tree of MemoryFiles, to mount it in a guest. */
export let treeOf: (files: MemoryFiles) => Tree

/**
 * Files in memory. Guests of one thread that share them, and you, see each other's changes at once.
 * `run`, `spawn`, `instantiate` and Pool move them to the guest's worker, and back when the guest
 * has ended; meanwhile all methods throw `ERR_WASI_FILES_AWAY`. A guest that is interrupted, by
 * `timeout` or `signal`, leaves them as they were before the run. Paths are relative to the root,
 * with slashes. All methods throw a {@link WASIError} with a `code` such as `ENOENT`, or `ENOSPC`
 * beyond the quota.
 *
 * @example
 * const files = new MemoryFiles({ 'in.txt': 'text', 'empty/': '', latest: { symlink: 'in.txt' } })
 * await run('program.wasm', { preopens: { '/work': { files } } })
 * files.readFile('out.txt', 'utf8')
 */
export class MemoryFiles {
  readonly #store: Store
  static {
    treeOf = files => files.#store.tree
    Object.defineProperty(MemoryFiles.prototype, brand, { value: true })
  }

  /**
   * @param record the initial files. Default none
   * @throws TypeError, RangeError for a wrong record or quota; WASIError with code `ENOSPC` for a
   * record that exceeds the quota
   */
  constructor(record: FileRecord = {}, options: { readonly quota?: Quota | undefined } = {}) {
    checkKeys('options', ['quota'], options)
    this.#store = new (memfs.store().Store)(record, quotaOf('options.quota', options.quota))
  }

  /** The part of the quota that is in use. */
  get used(): QuotaUsage {
    return this.#store.tree.room.used
  }

  /** Returns a copy of a file's bytes, or, with `'utf8'`, its text. Symlinks are followed. */
  readFile(path: string): Uint8Array
  readFile(path: string, encoding: 'utf8'): string
  readFile(path: string, encoding?: 'utf8'): Uint8Array | string {
    return this.#store.readFile(path, encoding)
  }
  /** Replaces the content of a file. Creates the file and its parent directories if missing. */
  writeFile(path: string, data: string | Uint8Array): void {
    this.#store.writeFile(path, data)
  }
  /** Creates a directory and its parents. An existing directory is no error. */
  mkdir(path: string): void {
    this.#store.mkdir(path)
  }
  /** Creates a symlink. It is resolved within the same tree. */
  symlink(target: string, path: string): void {
    this.#store.symlink(target, path)
  }
  /** Removes a file, a symlink, or a directory with its content. A missing path is no error. */
  remove(path: string): void {
    this.#store.remove(path)
  }
  /** Returns true if the path exists; for a symlink, if its target does. */
  exists(path: string): boolean {
    return this.#store.exists(path)
  }
  /** Lists a directory, in the order in which its entries were created. Default: the root. */
  list(path = ''): FileEntry[] {
    return this.#store.list(path)
  }
  /**
   * Returns all that is in memory, as a record from which the same files can be made. Of an
   * overlay, that is what was created, modified or renamed, whole. Bytes of names that are not
   * UTF-8 become U+FFFD. A file with several hard links has the same bytes under each name.
   */
  toRecord(): Record<string, string | Uint8Array | FileSymlink> {
    return this.#store.toRecord()
  }
  /**
   * Lists the differences of an overlay from its lower directory. Without an overlay, each file is
   * `created`. To apply them to a directory: remove each path that is `removed`, and the `from` of
   * each that is `renamed`, with its content; then write {@link toRecord}.
   */
  changes(): FileChange[] {
    return this.#store.changes()
  }
}

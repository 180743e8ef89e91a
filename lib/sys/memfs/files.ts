/** Files in memory, as an embedder uses them. */
import { checkKeys } from '../../validate.js'
import type { FileChange } from './changes.js'
import { memfs } from './load.js'
import { type FullQuota, type Quota, quotaOf } from './quota.js'
import type { FileEntry, FileLink, FileRecord, Store } from './store.js'
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
 * Files in memory. Guests that mount them, and their embedder, see each other's changes at once,
 * within one thread. `run`, whose guests run in another thread, moves the files there, and back
 * when the guest has ended. Meanwhile their methods throw `ERR_WASI_FILES_AWAY`. All methods throw
 * an Error with a `code` such as ENOENT or, when the quota is exceeded, ENOSPC.
 */
export class MemoryFiles {
  readonly #store: Store
  static {
    treeOf = files => files.#store.tree
    Object.defineProperty(MemoryFiles.prototype, brand, { value: true })
  }

  /**
   * @throws TypeError, RangeError for a wrong record or quota; Error with code ENOSPC for a record
   * that exceeds the quota
   */
  constructor(record: FileRecord = {}, options: { readonly quota?: Quota | undefined } = {}) {
    checkKeys('options', ['quota'], options)
    this.#store = new (memfs.store().Store)(record, quotaOf('options.quota', options.quota))
  }

  /** The used part of the quota. */
  get used(): FullQuota {
    return this.#store.tree.room.used
  }

  /**
   * Returns a copy of the bytes of a file, or its text. Symlinks are followed, as a guest follows
   * them.
   */
  readFile(path: string): Uint8Array
  readFile(path: string, encoding: 'utf8'): string
  readFile(path: string, encoding?: 'utf8'): Uint8Array | string {
    return this.#store.readFile(path, encoding)
  }
  /** Replaces the bytes of a file; the file and its directories are made if they are missing. */
  writeFile(path: string, data: string | Uint8Array): void {
    this.#store.writeFile(path, data)
  }
  /** Makes a directory and its missing parents; an existing directory is no error. */
  mkdir(path: string): void {
    this.#store.mkdir(path)
  }
  /** Makes a symlink. It resolves within the same tree only. */
  symlink(target: string, path: string): void {
    this.#store.symlink(target, path)
  }
  /**
   * Removes a file, a symlink, or a directory with all its contents. A missing file is no error.
   */
  remove(path: string): void {
    this.#store.remove(path)
  }
  /** Returns true if a file of that name exists; for a symlink, if its target exists. */
  exists(path: string): boolean {
    return this.#store.exists(path)
  }
  /** Lists a directory, in the order in which its entries were made. */
  list(path = ''): FileEntry[] {
    return this.#store.list(path)
  }
  /**
   * Returns all files in memory, as a record that makes the same again. Of an overlay, these are
   * the files made, written or renamed, in full. Names that are not UTF-8 contain replacement
   * characters. A file with several names has the same bytes under each.
   */
  toRecord(): Record<string, string | Uint8Array | FileLink> {
    return this.#store.toRecord()
  }
  /**
   * Lists the differences of an overlay from its lower directory; for other files, all of them. To
   * apply them, first remove each `removed` path, and the `from` of each `renamed` one, with their
   * contents. Then write {@link toRecord}.
   */
  changes(): FileChange[] {
    return this.#store.changes()
  }
}

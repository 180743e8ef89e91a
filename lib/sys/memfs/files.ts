/** Files in memory as an embedder has them. */
import { checkKeys } from '../../validate.js'
import type { FileChange } from './changes.js'
import { memfs } from './load.js'
import { type FullQuota, type Quota, quotaOf } from './quota.js'
import type { FileEntry, FileLink, FileRecord, Store } from './store.js'
import type { Tree } from './tree.js'

/** The mark of MemoryFiles, which those of another copy of this package have as well. */
const brand = Symbol.for('wasi-common.MemoryFiles')

/** True for MemoryFiles of another copy of this package, whose content this copy cannot reach. */
export const isForeign = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && brand in value && !(value instanceof MemoryFiles)

/** The tree of such files, for mounting it in a guest. */
export let treeOf: (files: MemoryFiles) => Tree

/**
 * Files that lie in memory. Guests that were given them, and their embedder, see at once what any
 * of them changes, in one thread. `run`, whose guests live in another, takes them along, and brings
 * them back when the guest has ended; meanwhile they are of no use here (`ERR_WASI_FILES_AWAY`).
 * All methods throw an Error with a `code` such as ENOENT or, where there is no room, ENOSPC.
 */
export class MemoryFiles {
  readonly #store: Store
  static {
    treeOf = files => files.#store.tree
    Object.defineProperty(MemoryFiles.prototype, brand, { value: true })
  }

  /**
   * @throws TypeError, RangeError for a wrong record or quota; Error with code ENOSPC for a record
   * that is more than the quota.
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
   * The bytes of a file, which are the caller's own, or its text. Links are followed, as a guest
   * follows them.
   */
  readFile(path: string): Uint8Array
  readFile(path: string, encoding: 'utf8'): string
  readFile(path: string, encoding?: 'utf8'): Uint8Array | string {
    return this.#store.readFile(path, encoding)
  }
  /**
   * Give a file these bytes, and no others; it and its directories are made where they are missing.
   */
  writeFile(path: string, data: string | Uint8Array): void {
    this.#store.writeFile(path, data)
  }
  /** Make a directory, and those that it lies in; that it is there already is no error. */
  mkdir(path: string): void {
    this.#store.mkdir(path)
  }
  /** Make a symbolic link. A guest follows it only to what lies in the same tree. */
  symlink(target: string, path: string): void {
    this.#store.symlink(target, path)
  }
  /**
   * Remove a file, a link, or a directory with all that is in it. That there is none is no error.
   */
  remove(path: string): void {
    this.#store.remove(path)
  }
  /** Says if there is a file of that name; for a link, if its target exists. */
  exists(path: string): boolean {
    return this.#store.exists(path)
  }
  /** Lists a directory, in the order in which its entries were made. */
  list(path = ''): FileEntry[] {
    return this.#store.list(path)
  }
  /**
   * All that lies in memory, as a record that makes the same again. Of an overlay that is what was
   * made, written or renamed, whole. Names that are not UTF-8 come out with signs of replacement. A
   * file with several names has the same bytes under each.
   */
  toRecord(): Record<string, string | Uint8Array | FileLink> {
    return this.#store.toRecord()
  }
  /**
   * Lists the differences of an overlay from its lower directory; of other files, all. To apply
   * them: remove each that is `removed`, and the `from` of each that is `renamed`, with all that is
   * in them; then write {@link toRecord}.
   */
  changes(): FileChange[] {
    return this.#store.changes()
  }
}

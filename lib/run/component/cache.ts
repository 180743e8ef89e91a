/**
 * Keeps transpiled components on disk.
 *
 * An entry is JavaScript that this process evaluates. It begins with a SHA-256 of its own content,
 * which is checked in the bytes that are then used: they are read once. That finds an entry that is
 * damaged, cut, or of another component. It does not find one that an attacker wrote, who can
 * compute the hash as well. Those are kept out by the owner and the mode of the folder and of each
 * file, which is checked on the opened file: only the user, whose processes could as well change the
 * user's programs, can write there. A secret key would add nothing: it would be a file of the same
 * user, for the same readers. A guest with a preopen that contains the folder can write there too:
 * `strict` refuses such a preopen, and `cache: false` does without a cache.
 */
import { constants, promises } from 'node:fs'
import { join } from 'node:path'
import { defaultFolder, isOwn, isUsable } from './cache-folder.js'
import { type Transpiled, unpack } from './transpiled.js'

/** False for none, a folder, or undefined for the user's. */
export type CacheOption = string | false | undefined

const hashBytes = 32
/** The first bytes of an entry. Another form has another number. */
const format = Buffer.from('wasi-common component 1\n')
const suffix = '.component'
/** The most entries, and the largest one. The entries that were used last are kept. */
const most = 128
const largest = 2 ** 29
/** The time after which a temporary file is no longer being written, in milliseconds. */
const stale = 3_600_000
/** Bytes that are hashed in this thread: more of them would hold up the event loop. */
const few = 2 ** 20

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

async function sha256(bytes: Uint8Array): Promise<Buffer> {
  // Loaded by the first component: it is one of the slowest modules of Node.
  const { createHash, webcrypto } = process.getBuiltinModule('node:crypto')
  if (bytes.length <= few) return createHash('sha256').update(bytes).digest()
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

/** One component's place in the cache. */
export class CacheEntry {
  readonly #folder: string
  readonly #key: Buffer

  private constructor(folder: string, key: Buffer) {
    this.#folder = folder
    this.#key = key
  }

  /**
   * The entry for a component; undefined where there is no cache, or none that can be used.
   * @param versions of all that an entry depends on
   */
  static async of(
    bytes: Uint8Array,
    versions: readonly string[],
    cache: CacheOption,
  ): Promise<CacheEntry | undefined> {
    const folder = cache === false ? undefined : (cache ?? defaultFolder())
    if (folder === undefined || !isUsable(folder)) return undefined
    const component = await sha256(bytes)
    const key = await sha256(Buffer.concat([component, Buffer.from(versions.join('\0'))]))
    return new CacheEntry(folder, key)
  }

  get #path(): string {
    return join(this.#folder, `${this.#key.toString('hex')}${suffix}`)
  }

  /** The content; undefined where there is none. An entry that is not as it was written is removed. */
  async read(): Promise<Transpiled | undefined> {
    try {
      const file = await promises.open(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let content: Transpiled | undefined
      try {
        const stats = await file.stat()
        if (!stats.isFile() || !isOwn(stats) || stats.size > largest) return undefined
        content = await this.#checked(await file.readFile())
        const now = new Date()
        if (content !== undefined) await file.utimes(now, now).catch(() => {})
      } finally {
        await file.close()
      }
      if (content === undefined) await promises.rm(this.#path, { force: true })
      return content
    } catch {
      return undefined
    }
  }

  /** The content of an entry whose hash is that of its key and content. */
  async #checked(bytes: Buffer): Promise<Transpiled | undefined> {
    const content = bytes.subarray(format.length + hashBytes)
    const head = Buffer.concat([format, await this.#hash(content)])
    return bytes.subarray(0, head.length).equals(head) ? unpack(content) : undefined
  }

  /** Covers the key, too: an entry under another entry's name does not count. */
  async #hash(content: Buffer): Promise<Buffer> {
    return sha256(Buffer.concat([this.#key, await sha256(content)]))
  }

  /**
   * Writes a packed component to a new file, which then gets the entry's name: no reader meets a
   * part of it. What cannot be written is not cached.
   */
  async write(packed: Buffer): Promise<void> {
    if (packed.length > largest) return
    const { randomUUID } = process.getBuiltinModule('node:crypto')
    const path = join(this.#folder, `${randomUUID()}.tmp`)
    try {
      const hash = await this.#hash(packed)
      const file = await promises.open(path, 'wx', 0o600)
      try {
        await file.writev([format, hash, packed])
      } finally {
        await file.close()
      }
      await promises.rename(path, this.#path)
      await this.#prune()
    } catch {
      await promises.rm(path, { force: true }).catch(() => {})
    }
  }

  /** Removes the entries that were not used for the longest time, and what a process left behind. */
  async #prune(): Promise<void> {
    const files = await promises.readdir(this.#folder)
    if (files.length <= most) return
    const ages = await Promise.all(
      files.map(async file => {
        const path = join(this.#folder, file)
        const stats = await promises.lstat(path).catch(() => undefined)
        return { path, file, used: stats?.isFile() ? stats.mtimeMs : Number.POSITIVE_INFINITY }
      }),
    )
    const entries = ages
      .filter(({ file }) => file.endsWith(suffix))
      .sort((a, b) => b.used - a.used)
      .slice(most)
    const left = ages.filter(({ file, used }) => file.endsWith('.tmp') && used < Date.now() - stale)
    for (const { path } of [...entries, ...left]) await promises.rm(path, { force: true })
  }
}

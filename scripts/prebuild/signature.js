// Knows the signature of a Mach-O file: macOS on arm64 ends a process that loads code whose pages
// do not have the hashes in it.
import { createHash } from 'node:crypto'

const LC_CODE_SIGNATURE = 0x1d
const SUPER_BLOB = 0xfade0cc0
const CODE_DIRECTORY = 0xfade0c02
const ADHOC = 2
const SHA256 = 2

/**
 * Returns the faults of a signature: none, if it is an ad-hoc one whose every hash is right.
 * @param {Buffer} bytes
 */
export function signature(bytes) {
  const at = whereSigned(bytes)
  if (at === undefined) return ['it is not signed']
  if (bytes.readUInt32BE(at) !== SUPER_BLOB) return ['its signature cannot be read']
  const directory = at + bytes.readUInt32BE(at + 16)
  if (bytes.readUInt32BE(directory) !== CODE_DIRECTORY)
    return ['its signature begins with no list of hashes']
  /** @param {number} offset */
  const u32 = offset => bytes.readUInt32BE(directory + offset)
  const [flags, hashes, count, end] = [u32(12), u32(16), u32(28), u32(32)]
  const [size, kind, page] = [36, 37, 39].map(offset => bytes.readUInt8(directory + offset))
  if ((flags & ADHOC) === 0) return ['its signature is not ad hoc']
  if (kind !== SHA256) return ['its hashes are not SHA-256']
  if (end !== at || count !== Math.ceil(end / 2 ** page))
    return ['its signature does not cover all of it']
  for (let i = 0; i < count; i++) {
    const piece = bytes.subarray(i * 2 ** page, Math.min((i + 1) * 2 ** page, end))
    const hash = bytes.subarray(directory + hashes + i * size, directory + hashes + (i + 1) * size)
    if (!createHash('sha256').update(piece).digest().equals(hash))
      return [`page ${i} is not what was signed`]
  }
  return []
}

/** @param {Buffer} bytes */
function whereSigned(bytes) {
  const commands = bytes.readUInt32LE(16)
  for (let i = 0, at = 32; i < commands; i++, at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) === LC_CODE_SIGNATURE) return bytes.readUInt32LE(at + 8)
  }
  return undefined
}

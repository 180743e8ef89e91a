/** The attributes of a node, and of a file of the lower directory. */
import { readFilestat } from '../../abi/layout.js'

export interface Attributes {
  readonly type: number
  readonly dev: bigint
  readonly ino: bigint
  readonly nlink: number
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly atim: bigint
  readonly mtim: bigint
  readonly ctim: bigint
}

/** Returns the attributes in a filestat. */
export function attributesOf(record: DataView): Attributes {
  const { filetype: type, nlink, size, ...others } = readFilestat(record)
  return { type, nlink: Number(nlink), size: Number(size), ...others }
}

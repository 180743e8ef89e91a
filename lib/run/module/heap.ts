/** Tells modules that cannot fill the JavaScript heap from those that can. */
import { Reader, Unreadable } from './reader.js'
import { magic, SectionId } from './sections.js'

const TYPE = 1
const FUNCTION_TYPE = 0x60
/** i32, i64, f32, f64, v128, funcref and externref. */
const types: readonly number[] = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f]

/**
 * Says if no instance of a module can fill the JavaScript heap: the module defines no structures and
 * arrays, which are there, and no tags, whose exceptions are. The sizes of tables, which are there
 * as well, have limits of their own. False for a form that is not known here.
 */
export function sparesHeap(bytes: Uint8Array): boolean {
  try {
    const reader = new Reader(bytes, magic.length)
    while (reader.more) {
      const id = reader.byte()
      const size = reader.number()
      const end = reader.at + size
      if (id === SectionId.TAG || (id === TYPE && !areFunctions(reader, end))) return false
      reader.at = end
    }
    return true
  } catch (error) {
    if (error instanceof Unreadable) return false
    throw error
  }
}

/** Says if a section of types has only functions of plain values. */
function areFunctions(reader: Reader, end: number): boolean {
  for (let left = reader.number(); left > 0; left--) {
    if (reader.byte() !== FUNCTION_TYPE) return false
    for (const _ of ['parameters', 'results'])
      for (let values = reader.number(); values > 0; values--)
        if (!types.includes(reader.byte())) return false
  }
  return reader.at === end
}

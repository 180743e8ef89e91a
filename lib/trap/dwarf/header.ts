/** Reads the header of a unit of `.debug_line`: its parameters, and the names of its files. */
import { type Bytes, unreadable } from './bytes.js'

/** The parameters of a line program. */
export interface Header {
  readonly version: number
  /** Bytes of an offset in DWARF: 4, or 8 in its 64-bit format. */
  readonly offsetSize: 4 | 8
  /** The start of the tables of directories and files, and of the program. */
  readonly tables: number
  readonly program: number
  readonly instructionLength: number
  readonly lineBase: number
  readonly lineRange: number
  readonly opcodeBase: number
  /** The number of LEB128s that follow each standard opcode, from opcode 1. */
  readonly operands: readonly number[]
}
/** Reads a string of another section, at an offset. */
export type StringAt = (section: '.debug_str' | '.debug_line_str', offset: number) => string

/** The most directories, or files, of a unit of version 5, which has their number before them. */
const mostEntries = 65_536
const DW_LNCT_path = 1
const DW_LNCT_directory_index = 2
const Form = Object.freeze({
  STRING: 0x08,
  BLOCK: 0x09,
  STRP: 0x0e,
  UDATA: 0x0f,
  DATA16: 0x1e,
  LINE_STRP: 0x1f,
})
/** Sizes of fixed forms: data1, data2, data4, data8. */
const sizes: ReadonlyMap<number, number> = new Map([
  [0x0b, 1],
  [0x05, 2],
  [0x06, 4],
  [0x07, 8],
])

/**
 * @param unit begins behind the length of the unit
 * @see https://dwarfstd.org/doc/DWARF5.pdf section 6.2.4
 */
export function headerOf(unit: Bytes, offsetSize: 4 | 8): Header {
  const version = unit.unsigned(2)
  if (version < 2 || version > 5) throw unreadable
  if (version === 5) unit.skip(2)
  const length = unit.unsigned(offsetSize)
  const program = unit.at + length
  const instructionLength = unit.u8()
  if (version >= 4) unit.skip(1)
  unit.skip(1)
  const lineBase = unit.i8()
  const lineRange = unit.u8()
  const opcodeBase = unit.u8()
  if (lineRange === 0 || opcodeBase === 0) throw unreadable
  const operands = Array.from({ length: opcodeBase - 1 }, () => unit.u8())
  return {
    version,
    offsetSize,
    tables: unit.at,
    program,
    instructionLength,
    lineBase,
    lineRange,
    opcodeBase,
    operands,
  }
}

/** The paths of files of the unit, by their numbers in the line program. */
export function filesOf(
  unit: Bytes,
  header: Header,
  wanted: ReadonlySet<number>,
  strings: StringAt,
): ReadonlyMap<number, string> {
  unit.at = header.tables
  return header.version === 5 ? files5(unit, header, wanted, strings) : files4(unit, wanted)
}

/** Up to version 4 files count from 1, and directory 0 is that of the compilation, not named here. */
function files4(unit: Bytes, wanted: ReadonlySet<number>): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  const directories = [unit.at - 1]
  for (let at = unit.at; unit.skipString() > 0; at = unit.at) directories.push(at)
  for (let file = 1; found.size < wanted.size; file++) {
    const at = unit.at
    if (unit.skipString() === 0) break
    const directory = unit.uleb()
    unit.uleb()
    unit.uleb()
    if (!wanted.has(file)) continue
    const folder = directories[directory]
    found.set(file, joined(directory > 0 && folder ? unit.stringAt(folder) : '', unit.stringAt(at)))
  }
  return found
}

/** A path and its directory, unread: the value of the form that the path has. */
interface Entry {
  readonly form: number
  readonly value: number
  readonly directory: number
}
function files5(
  unit: Bytes,
  header: Header,
  wanted: ReadonlySet<number>,
  strings: StringAt,
): ReadonlyMap<number, string> {
  const directories = entries(unit, header)
  const files = entries(unit, header)
  const text = (entry: Entry | undefined): string => {
    if (entry?.form === Form.STRING) return unit.stringAt(entry.value)
    if (entry?.form === Form.STRP) return strings('.debug_str', entry.value)
    return entry?.form === Form.LINE_STRP ? strings('.debug_line_str', entry.value) : ''
  }
  const found = new Map<number, string>()
  for (const file of wanted) {
    const entry = files[file]
    if (entry === undefined) continue
    // Directories are relative to the first one, that of the compilation.
    const directory = joined(text(directories[0]), text(directories[entry.directory]))
    found.set(file, joined(directory, text(entry)))
  }
  return found
}

function entries(unit: Bytes, header: Header): Entry[] {
  const format = Array.from({ length: unit.u8() }, () => [unit.uleb(), unit.uleb()] as const)
  const count = unit.uleb()
  if (count > mostEntries) throw unreadable
  return Array.from({ length: count }, () => {
    const entry = { form: 0, value: 0, directory: 0 }
    for (const [content, form] of format) {
      const value = formValue(unit, header, form)
      if (content === DW_LNCT_path) Object.assign(entry, { form, value })
      if (content === DW_LNCT_directory_index) entry.directory = value
    }
    return entry
  })
}

/**
 * A number, or where a string is: in this unit, or in another section.
 * @see https://dwarfstd.org/doc/DWARF5.pdf section 7.5.6
 */
function formValue(unit: Bytes, { offsetSize }: Header, form: number): number {
  const { at } = unit
  const size = sizes.get(form)
  if (size !== undefined) return unit.unsigned(size)
  if (form === Form.UDATA) return unit.uleb()
  if (form === Form.STRP || form === Form.LINE_STRP) return unit.unsigned(offsetSize)
  if (form === Form.STRING) unit.skipString()
  else if (form === Form.DATA16) unit.skip(16)
  else if (form === Form.BLOCK) unit.skip(unit.uleb())
  else throw unreadable
  return at
}

const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path)
const joined = (directory: string, name: string): string =>
  directory === '' || directory === name || isAbsolute(name) ? name : `${directory}/${name}`

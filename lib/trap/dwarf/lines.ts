/** Finds the source lines of code offsets in the line programs of DWARF. */
import { Bytes, unreadable } from './bytes.js'
import { filesOf, type Header, headerOf, type StringAt } from './header.js'

/** A place in a source file. Lines and columns count from 1. */
export interface SourceLine {
  readonly file: string
  readonly line: number
  readonly column?: number
}
/** The contents of a custom section, undefined where the module has none of that name. */
export type Section = (name: string) => Uint8Array | undefined

/**
 * The most bytes and units of line programs that are read. The 5.6 MB of Ruby's interpreter, with
 * all of its debug information, take 65 ms.
 */
const mostBytes = 2 ** 23
const mostUnits = 2 ** 16

/** Opcodes of line programs. */
const Op = Object.freeze({
  EXTENDED: 0,
  COPY: 1,
  ADVANCE_PC: 2,
  ADVANCE_LINE: 3,
  SET_FILE: 4,
  SET_COLUMN: 5,
  CONST_ADD_PC: 8,
  FIXED_ADVANCE_PC: 9,
})
const END_SEQUENCE = 1
const SET_ADDRESS = 2

/** The row of a line program that an offset belongs to. */
interface Row {
  readonly file: number
  readonly line: number
  readonly column: number
}

/**
 * The source lines of offsets in the code section. What is not well-formed ends the reading of its
 * unit, and a line of 0, for code that no line stands for, is left out.
 * @see https://dwarfstd.org/doc/DWARF5.pdf section 6.2
 */
export function dwarfLines(
  section: Section,
  offsets: readonly number[],
): ReadonlyMap<number, SourceLine> {
  const found = new Map<number, SourceLine>()
  const lines = section('.debug_line')
  const wanted = [...new Set(offsets)].sort((a, b) => a - b)
  if (lines === undefined) return found
  const strings: StringAt = (name, offset) =>
    new Bytes(section(name) ?? new Uint8Array()).stringAt(offset)
  const all = new Bytes(lines, 0, mostBytes)
  attempt(() => {
    for (let units = 0; units < mostUnits && all.at < all.end && wanted.length > 0; units++) {
      const offsetSize = sizeOf(all)
      const length = all.unsigned(offsetSize)
      const unit = new Bytes(lines, all.at, Math.min(all.at + length, all.end))
      all.at += length
      attempt(() => readUnit(unit, offsetSize, wanted, found, strings))
    }
  })
  return found
}

/** The 64-bit format of DWARF begins with a mark. */
function sizeOf(all: Bytes): 4 | 8 {
  const { at } = all
  if (all.unsigned(4) === 0xffff_ffff) return 8
  all.at = at
  return 4
}

function readUnit(
  unit: Bytes,
  offsetSize: 4 | 8,
  wanted: number[],
  found: Map<number, SourceLine>,
  strings: StringAt,
): void {
  const header = headerOf(unit, offsetSize)
  const rows = new Map<number, Row>()
  unit.at = header.program
  attempt(() => runProgram(unit, header, wanted, rows))
  if (rows.size === 0) return
  const files = filesOf(unit, header, new Set([...rows.values()].map(({ file }) => file)), strings)
  for (const [offset, { file, line, column }] of rows) {
    const path = files.get(file)
    if (path !== undefined && path !== '' && line > 0)
      found.set(offset, { file: path, line, ...(column > 0 && { column }) })
  }
}

/** The index of the first number that is not below a bound, in a sorted list. */
function firstFrom(sorted: readonly number[], bound: number): number {
  let low = 0
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < bound) low = middle + 1
    else high = middle
  }
  return low
}

/** Runs a line program. An offset that is wanted becomes a row, and is not wanted any more. */
function runProgram(unit: Bytes, header: Header, wanted: number[], rows: Map<number, Row>): void {
  const { instructionLength, lineBase, lineRange, opcodeBase, operands } = header
  let address = 0
  let [file, line, column] = [1, 1, 0]
  /** The row before: it has the code from its address to that of the next row. */
  let [from, fromFile, fromLine, fromColumn] = [0, 0, 0, 0]
  /** The start of the sequence; undefined before its first row. */
  let start: number | undefined

  const emit = (): void => {
    // Code that the linker removed begins at 0, where no code is.
    if (start !== undefined && start > 0 && from < address) {
      const at = firstFrom(wanted, from)
      while (wanted[at] < address)
        for (const offset of wanted.splice(at, 1))
          rows.set(offset, { file: fromFile, line: fromLine, column: fromColumn })
    }
    start ??= address
    from = address
    fromFile = file
    fromLine = line
    fromColumn = column
  }
  while (unit.at < unit.end) {
    const op = unit.u8()
    if (op >= opcodeBase) {
      const adjusted = op - opcodeBase
      address += Math.floor(adjusted / lineRange) * instructionLength
      line += lineBase + (adjusted % lineRange)
      emit()
      continue
    }
    switch (op) {
      case Op.EXTENDED: {
        const length = unit.uleb()
        const end = unit.at + length
        const code = length > 0 ? unit.u8() : 0
        if (code === END_SEQUENCE) {
          emit()
          ;[address, file, line, column, start] = [0, 1, 1, 0, undefined]
        }
        if (code === SET_ADDRESS && length <= 9) address = unit.unsigned(length - 1)
        unit.at = end
        break
      }
      case Op.COPY:
        emit()
        break
      case Op.ADVANCE_PC:
        address += unit.uleb() * instructionLength
        break
      case Op.ADVANCE_LINE:
        line += unit.sleb()
        break
      case Op.SET_FILE:
        file = unit.uleb()
        break
      case Op.SET_COLUMN:
        column = unit.uleb()
        break
      case Op.CONST_ADD_PC:
        address += Math.floor((255 - opcodeBase) / lineRange) * instructionLength
        break
      case Op.FIXED_ADVANCE_PC:
        address += unit.unsigned(2)
        break
      default:
        for (let left = operands[op - 1]; left > 0; left--) unit.uleb()
    }
  }
}

/** Reads as far as the bytes are well-formed. */
function attempt(read: () => void): void {
  try {
    read()
  } catch (thrown) {
    if (thrown !== unreadable) throw thrown
  }
}

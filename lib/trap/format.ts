/** Formats frames as short lines that are safe to print. */
import { plainLine } from '../stdio/terminal-escapes.js'
import type { WasmFrame } from './frame.js'

/** The longest line, in UTF-16 units, and the longest path of a source file in it. */
const longestLine = 96
const longestPath = 48

/** `+0x1a2b, code 0x19f0`: the offset in the module, and the one in its code section. */
function positionOf({ moduleOffset, codeOffset, file, line, column }: WasmFrame): string {
  const hex = (value: number): string => `0x${value.toString(16)}`
  if (file === undefined)
    return `+${hex(moduleOffset)}${codeOffset === undefined ? '' : `, code ${hex(codeOffset)}`}`
  const path = plainLine(file)
  const end = path.slice(3 - longestPath)
  const short =
    path.length > longestPath ? `...${end.slice(Math.max(end.search(/[\\/]/), 0))}` : path
  return [short, line, column].filter(part => part !== undefined).join(':')
}

/** Brackets in pairs: not those of `operator<`, `operator()`, `->` and anonymous namespaces. */
const brackets = /operator(?:\(\)|[^\w\s(]+)|->|\(anonymous namespace\)|[<>()]/g
/** The result of a function whose parameters are collapsed: what stands before its name. */
const result = /^[^(]* (?=[^ (]+\(\.\.\.\))/

/**
 * Writes `...` between the outermost brackets of a kind, but for those that open the name, in which
 * Rust has the type of a method.
 */
function collapsed(name: string, open: string, close: string): string {
  const outermost = open === '<' && name.startsWith('<') ? 1 : 0
  let depth = 0
  let text = ''
  let from = 0
  for (const { 0: bracket, index } of name.matchAll(brackets)) {
    if (bracket === open && depth++ === outermost) text += `${name.slice(from, index + 1)}...`
    if (bracket !== close || depth === 0) continue
    if (--depth === outermost) from = index
  }
  return depth === 0 ? text + name.slice(from) : name
}

/**
 * A name in so many units: without parameters, then without template arguments, then without its
 * result, then cut.
 */
function shortened(name: string, most: number): string {
  const ways = [
    (text: string) => collapsed(text, '(', ')'),
    (text: string) => collapsed(text, '<', '>'),
    (text: string) => text.replace(result, ''),
  ]
  let short = name
  for (const way of ways) {
    if (short.length <= most) break
    short = way(short)
  }
  if (short.length <= most) return short
  const head = Math.floor(most / 3)
  return `${short.slice(0, head)}...${short.slice(3 + head - most)}`
}

/**
 * One line of at most 96 characters: `at core::panicking::panic_fmt (+0x1a2b, code 0x19f0)`, or with
 * the source's file and line in the brackets. Control characters of the guest's names are shown as
 * pictures.
 */
export function formatFrame(frame: WasmFrame): string {
  const position = positionOf(frame)
  const name = plainLine(frame.functionName || `wasm-function[${frame.functionIndex}]`)
  return `at ${shortened(name, longestLine - position.length - 'at  ()'.length)} (${position})`
}

const alike = (a: WasmFrame, b: WasmFrame | undefined): boolean =>
  a.functionIndex === b?.functionIndex && a.moduleOffset === b.moduleOffset

/** Counts the frames from this one on that are the same one, as in a recursion. */
function repeats(frames: readonly WasmFrame[], at: number): number {
  let count = 1
  while (alike(frames[at], frames[at + count])) count++
  return count
}

/**
 * The lines of a stack, the innermost frame first. A frame that follows itself has one line and a
 * count; frames beyond the most lines are counted in a last line.
 */
export function formatFrames(frames: readonly WasmFrame[], most = 32): string[] {
  const lines: string[] = []
  let at = 0
  while (at < frames.length && lines.length < most) {
    const count = repeats(frames, at)
    lines.push(`${formatFrame(frames[at])}${count > 1 ? ` x ${count}` : ''}`)
    at += count
  }
  const left = frames.length - at
  return left === 0 ? lines : [...lines, `and ${left} more ${left === 1 ? 'frame' : 'frames'}`]
}

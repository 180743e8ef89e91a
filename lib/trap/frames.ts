/** The frames of a guest in an error: each function by its name in the source, and the position. */
import { isError } from '../errors.js'
import { plainLine } from '../stdio/terminal-escapes.js'
import { demangle } from './demangle/demangle.js'
import { dwarfLines } from './dwarf/lines.js'
import type { WasmFrame } from './frame.js'
import type { FrameModule, FramePart } from './frame-module.js'
import { GuestModule, type Names } from './guest-module.js'
import { inlineSourceMap, withSourceMap } from './source-map.js'
import { type TextFrame, textFrames } from './stack-text.js'

export { formatFrame, formatFrames } from './format.js'
export { withSourceMap } from './source-map.js'

/** The longest symbol of a frame, in UTF-16 units. */
const longestSymbol = 4096

const cut = (text: string): string =>
  text.length > longestSymbol ? `${text.slice(0, longestSymbol - 3)}...` : text

/** The longest name and module's name in a stack that is sent, in UTF-16 units. */
const longestSent = 160

/** The stack of an error: its head is the message, which may have the guest's text. */
function partsOf(error: Error): { readonly head: string; readonly stack: string } {
  const { name, message, stack } = error
  if (typeof stack !== 'string') return { head: '', stack: '' }
  const head = [`${name}: ${message}`, `${message}`].find(head => stack.startsWith(head)) ?? ''
  return { head, stack: stack.slice(head.length) }
}

/** The name that V8 writes for a function. */
function shownName({ module, functions }: Names, index: number): string | undefined {
  const name = functions.get(index)
  if (module === undefined) return name
  return name === undefined ? module : `${module}.${name}`
}

/** The function's symbol, of a module that is not at hand from the text. */
function symbolIn({ name, module }: TextFrame): string | undefined {
  if (module === undefined || name === undefined) return name
  if (name === module) return undefined
  return name.startsWith(`${module}.`) ? name.slice(module.length + 1) : name
}

/** A module of the guest, and its names of the functions in a stack. */
interface Part {
  readonly guest: GuestModule
  readonly moved: number
  readonly names: Names
}
const unknown: Part = {
  guest: new GuestModule(undefined),
  moved: 0,
  names: { module: undefined, functions: new Map() },
}

/** A frame, and the module that it is of. */
interface OwnedFrame {
  readonly frame: TextFrame
  readonly part: Part
}

/** The frames of a stack's text, with the names of the modules where these are at hand. */
function read(
  stack: string,
  modules: FrameModule | readonly FramePart[] | undefined,
  moved: number,
): OwnedFrame[] {
  const wanted = new Set(textFrames(stack).map(({ index }) => index))
  if (wanted.size === 0) return []
  const given = Array.isArray(modules)
    ? (modules as readonly FramePart[])
    : modules === undefined
      ? []
      : [{ module: modules as FrameModule, moved }]
  const parts = given.map(({ module, moved }) => {
    const guest = new GuestModule(module)
    return { guest, moved, names: guest.names(wanted) }
  })
  const namesOf = (index: number): string[] =>
    parts.flatMap(({ names }) => shownName(names, index) ?? [])
  return textFrames(stack, namesOf).map(frame => ({ frame, part: ownerOf(frame, parts) }))
}

/**
 * The module of a frame: by its name in the URL, then by the function's name, and then by the code
 * that it has. The guest chooses names, so this is only for readers.
 */
function ownerOf(frame: TextFrame, parts: readonly Part[]): Part {
  const signs: readonly ((part: Part) => boolean)[] = [
    ({ names }) => short(names.module ?? '') === short(frame.module ?? ''),
    ({ names }) => shownName(names, frame.index) === frame.name,
    ({ guest, moved }) =>
      guest.code === undefined || codeOffset(guest, frame.offset + moved) !== undefined,
  ]
  let left = parts
  for (const sign of signs) {
    if (left.length < 2) break
    const some = left.filter(sign)
    if (some.length > 0) left = some
  }
  return left[0] ?? unknown
}

/**
 * The guest's frames in `error.stack`, the innermost first; none for other values. V8 keeps
 * `Error.stackTraceLimit` frames, the host's among them.
 *
 * With the module, symbols come from its name section. Without it they come from the text, where a
 * guest can name a function so that it looks like frames.
 *
 * @param error an error that the guest threw: a trap, or an exception
 * @param modules the module, or its bytes, with which frames have `codeOffset`; or the core modules
 * of a component
 * @param moved bytes by which the code of these bytes is behind that of the module's file, whose
 * offsets `error.stack` has
 */
export function framesOf(
  error: unknown,
  modules?: FrameModule | readonly FramePart[],
  moved = 0,
): readonly WasmFrame[] {
  if (!isError(error)) return []
  const owned = read(partsOf(error).stack, modules, moved)
  const described = new Map(
    [...new Set(owned.map(({ part }) => part))].map(part => [
      part,
      framesIn(
        part,
        owned.filter(each => each.part === part).map(({ frame }) => frame),
      ),
    ]),
  )
  return owned.map(({ frame, part }) => described.get(part)?.get(frame) as WasmFrame)
}

/** The frames of one module. */
function framesIn(
  { guest, moved, names }: Part,
  frames: readonly TextFrame[],
): ReadonlyMap<TextFrame, WasmFrame> {
  const known = names.functions.size > 0 || names.module !== undefined
  const inCode = frames.map(({ offset }) => codeOffset(guest, offset + moved))
  const lines = dwarfLines(
    name => guest.custom(name),
    inCode.filter(offset => offset !== undefined),
  )
  const section = guest.custom('sourceMappingURL')
  const map = section && inlineSourceMap(section)
  const all = frames.map((frame, i) => {
    const { index, offset } = frame
    const code = inCode[i]
    const symbol = known ? names.functions.get(index) : symbolIn(frame)
    return {
      functionName: symbol && cut(demangle(symbol)),
      symbol: symbol && cut(symbol),
      functionIndex: index,
      moduleName: known ? names.module : frame.module,
      moduleOffset: offset,
      codeOffset: code,
      ...(code !== undefined && lines.get(code)),
    }
  })
  const lined = map === undefined ? all : withSourceMap(all, map)
  return new Map(frames.map((frame, i) => [frame, lined[i]]))
}

/** Says of a module that it has DWARF, or names another file that has it. */
export const hasDwarf = (module: FrameModule): boolean => {
  const guest = new GuestModule(module)
  return ['.debug_line', '.debug_info', 'external_debug_info'].some(
    name => guest.custom(name) !== undefined,
  )
}

const codeOffset = ({ code }: GuestModule, offset: number): number | undefined =>
  code !== undefined && offset >= code.from && offset < code.to ? offset - code.from : undefined

/**
 * The text of `error.stack` for another thread or process: each frame of the guest in one line, of
 * bounded length, without control characters.
 * @param moved bytes by which the code of the module that ran is behind that of its file, whose
 * offsets the text has
 */
export function sentStack(
  error: Error,
  modules?: FrameModule | readonly FramePart[],
  moved = 0,
): string | undefined {
  const { head, stack } = partsOf(error)
  const owned = read(stack, modules, moved)
  if (owned.length === 0) return error.stack
  let text = head
  let at = 0
  for (const { frame, part } of owned) {
    text += stack.slice(at, frame.from) + sentFrame(frame, part.moved)
    at = frame.to
  }
  return text + stack.slice(at)
}
const short = (text: string): string =>
  plainLine(text.length > longestSent ? `${text.slice(0, longestSent - 3)}...` : text)

function sentFrame({ name, url, module, index, offset }: TextFrame, moved: number): string {
  const place = module === undefined ? short(url) : `wasm://wasm/${short(module)}${url.slice(-9)}`
  const position = `${place}:wasm-function[${index}]:0x${Math.max(offset - moved, 0).toString(16)}`
  return name === undefined ? `    at ${position}` : `    at ${short(name)} (${position})`
}

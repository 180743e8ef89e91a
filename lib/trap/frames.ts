/** The frames of a guest in an error: each function by its name in the source, and the position. */
import { isError } from '../errors.js'
import { demangle } from './demangle/demangle.js'
import type { FrameModule, WasmFrame } from './frame.js'
import { GuestModule, type Names } from './guest-module.js'
import { type TextFrame, textFrames } from './stack-text.js'

/** The longest symbol of a frame, in UTF-16 units. */
const longestSymbol = 4096

const cut = (text: string): string =>
  text.length > longestSymbol ? `${text.slice(0, longestSymbol - 3)}...` : text

/** The stack of an error without its message, which may have the guest's text. */
export function stackOf(error: Error): string {
  const { name, message, stack } = error
  if (typeof stack !== 'string') return ''
  const head = [`${name}: ${message}`, `${message}`].find(head => stack.startsWith(head)) ?? ''
  return stack.slice(head.length)
}

/** The name that V8 writes for a function. */
export function shownName({ module, functions }: Names, index: number): string | undefined {
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

/**
 * The guest's frames in `error.stack`, the innermost first; none for other values. V8 keeps
 * `Error.stackTraceLimit` frames, the host's among them.
 *
 * With the module, symbols come from its name section. Without it they come from the text, where a
 * guest can name a function so that it looks like frames.
 *
 * @param error an error that the guest threw: a trap, or an exception
 * @param module the guest's module, or its bytes, with which frames have `codeOffset`
 */
export function framesOf(error: unknown, module?: FrameModule): readonly WasmFrame[] {
  if (!isError(error)) return []
  const stack = stackOf(error)
  const guest = new GuestModule(module)
  const wanted = new Set(textFrames(stack).map(({ index }) => index))
  if (wanted.size === 0) return []
  const names = guest.names(wanted)
  const known = names.functions.size > 0 || names.module !== undefined
  return textFrames(stack, index => shownName(names, index)).map(frame => {
    const { index, offset } = frame
    const symbol = known ? names.functions.get(index) : symbolIn(frame)
    return {
      function: symbol && cut(demangle(symbol)),
      symbol: symbol && cut(symbol),
      index,
      module: known ? names.module : frame.module,
      offset,
      codeOffset: codeOffset(guest, offset),
    }
  })
}

const codeOffset = ({ code }: GuestModule, offset: number): number | undefined =>
  code !== undefined && offset >= code.from && offset < code.to ? offset - code.from : undefined

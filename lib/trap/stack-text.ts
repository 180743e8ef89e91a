/** Reads the frames of WebAssembly out of the text of a stack. */

/** A frame as V8 writes it. */
export interface TextFrame {
  readonly index: number
  readonly offset: number
  /** The function's name, after the module's name and a dot where that has one. */
  readonly name: string | undefined
  /** The module's name, from its URL. */
  readonly module: string | undefined
  /** The URL of the module: `wasm://wasm/`, and a hash of its bytes. */
  readonly url: string
  /** The part of the text that is this frame. */
  readonly from: number
  readonly to: number
}

/** The most text that is read, in UTF-16 units, and the most frames of it. */
const mostText = 2 ** 20
const mostFrames = 1000
/** The most text that is searched for names, again and again where few of them are in it. */
const mostSearched = 2 ** 26
const location = /:wasm-function\[([0-9]{1,7})\]:0x([0-9a-f]{1,10})(\)?)$/gm
const start = '\n    at '
const ownUrl = /^wasm:\/\/wasm\/(?:(.*)-)?[0-9a-f]{8}$/s

/**
 * The frames in the text of `error.stack`, the innermost first. V8 writes names as they are, so a
 * guest can name a function so that it looks like several frames, with line ends between them.
 * Text is read from its end, where the host's own frames are, and a name that is known is skipped
 * in one piece, whatever it contains.
 * @param stack the text without the error's message
 * @param namesOf the names that V8 has for a function: one for each module that is at hand
 * @see https://v8.dev/docs/stack-trace-api
 */
export function textFrames(
  stack: string,
  namesOf: (index: number) => readonly string[] = () => [],
): TextFrame[] {
  const text = `\n${stack.slice(0, mostText)}`
  const found: TextFrame[] = []
  let limit = text.length
  let left = mostSearched
  for (const match of [...text.matchAll(location)].reverse()) {
    if (match.index > limit) continue
    let known: string | undefined
    let named = -1
    for (const name of left > 0 ? namesOf(Number(match[1])) : []) {
      const at = text.lastIndexOf(`${start}${name} (`, match.index)
      left -= match.index - Math.max(at, 0)
      if (at > named) [named, known] = [at, name]
    }
    const line = text.lastIndexOf(start, match.index)
    const from = named >= 0 ? named : line
    if (from < 0) continue
    limit = from
    found.push(frameOf(text, from, match, named < 0 ? undefined : known))
  }
  return found.reverse().slice(0, mostFrames)
}

function frameOf(
  text: string,
  from: number,
  match: RegExpMatchArray,
  known: string | undefined,
): TextFrame {
  const [whole, index, offset, bracket] = match
  const end = match.index as number
  const body = text.slice(from + start.length, end)
  // Only the own line of an unknown name counts: the URL is behind the last bracket.
  const opened = bracket === '' ? -1 : body.lastIndexOf(' (wasm://wasm/')
  const split = known?.length ?? (opened < 0 && bracket !== '' ? body.lastIndexOf(' (') : opened)
  const url = split < 0 ? body : body.slice(split + 2)
  return {
    index: Number(index),
    offset: Number.parseInt(offset, 16),
    name: split < 0 ? undefined : body.slice(0, split),
    module: ownUrl.exec(url)?.[1],
    url,
    // The text begins with a line end that the stack has not.
    from: from + start.length - '    at '.length - 1,
    to: end + whole.length - 1,
  }
}

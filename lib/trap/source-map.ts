/** Finds the source lines of module offsets in a source map. */
import type { SourceLine } from './dwarf/lines.js'
import type { WasmFrame } from './frame.js'

const digits = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((digit, value) => [
    digit.charCodeAt(0),
    value,
  ]),
)
const COMMA = 0x2c
const SEMICOLON = 0x3b

/** The parts of a source map that are used. */
interface SourceMap {
  readonly mappings: string
  readonly sources: readonly unknown[]
  readonly sourceRoot?: unknown
}
function parsed(json: string): SourceMap | undefined {
  try {
    const map = JSON.parse(json)
    return typeof map?.mappings === 'string' && Array.isArray(map.sources) ? map : undefined
  } catch {
    return undefined
  }
}

/**
 * The last segments of line 1 that begin at or before each offset, which is the column in a source
 * map of WebAssembly. The text is read once, and nothing is kept of it.
 * @param offsets sorted
 * @see https://tc39.es/ecma426/#sec-mappings-grammar
 */
function segments(mappings: string, offsets: readonly number[]): Map<number, readonly number[]> {
  const found = new Map<number, readonly number[]>()
  // The generated column, the source, its line, its column, and a name.
  const fields = [0, 0, 0, 0, 0]
  let last: readonly number[] | undefined
  let next = 0
  let field = 0
  let value = 0
  let scale = 1

  const endSegment = (): void => {
    while (next < offsets.length && offsets[next] < fields[0]) {
      if (last !== undefined) found.set(offsets[next], last)
      next++
    }
    last = field >= 4 ? fields.slice(1, 4) : undefined
    field = 0
  }
  for (let at = 0; at < mappings.length && next < offsets.length; at++) {
    const unit = mappings.charCodeAt(at)
    const digit = digits.get(unit)
    if (unit === COMMA) endSegment()
    else if (unit === SEMICOLON) break
    else if (digit === undefined || field > 4) {
      // A malformed field ends the text, and its segment does not count.
      field = 0
      break
    } else {
      value += (digit & 31) * scale
      scale *= 32
      if (digit > 31) continue
      const half = Math.floor(value / 2)
      fields[field++] += value % 2 === 1 ? -half : half
      value = 0
      scale = 1
    }
  }
  if (field > 0 && scale === 1) endSegment()
  for (const offset of offsets.slice(next)) if (last !== undefined) found.set(offset, last)
  return found
}

/** The source lines of offsets in a module. A map that is not well-formed has none. */
export function mappedLines(
  json: string,
  offsets: readonly number[],
): ReadonlyMap<number, SourceLine> {
  const found = new Map<number, SourceLine>()
  const map = parsed(json)
  if (map === undefined) return found
  const sorted = [...new Set(offsets)].sort((a, b) => a - b)
  for (const [offset, [source, line, column]] of segments(map.mappings, sorted)) {
    const file = map.sources[source]
    if (typeof file !== 'string' || line < 0 || column < 0) continue
    const root = typeof map.sourceRoot === 'string' ? map.sourceRoot : ''
    found.set(offset, { file: root + file, line: line + 1, column: column + 1 })
  }
  return found
}

/** Frames with the source lines of a source map, where they have none. */
export function withSourceMap(frames: readonly WasmFrame[], json: string): readonly WasmFrame[] {
  const lines = mappedLines(
    json,
    frames.map(({ moduleOffset }) => moduleOffset),
  )
  return frames.map(frame =>
    frame.file === undefined ? { ...frame, ...lines.get(frame.moduleOffset) } : frame,
  )
}

/** The longest source map inside a module, in characters. */
const longestInline = 2 ** 23

/**
 * The source map that a module has inside itself, as a `data:` URL. A URL of another kind names a
 * file or a server, which an untrusted module must not choose.
 * @param section the contents of its section `sourceMappingURL`
 * @see https://github.com/WebAssembly/tool-conventions/blob/main/Debugging.md#source-maps
 */
export function inlineSourceMap(section: Uint8Array): string | undefined {
  if (section.length > longestInline) return undefined
  const text = Buffer.from(section.buffer, section.byteOffset, section.length).toString('latin1')
  const [, base64] =
    /^.{1,5}?data:application\/json(?:;charset=[-\w]+)?;base64,([\w+/=]*)$/s.exec(text) ?? []
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString()
}

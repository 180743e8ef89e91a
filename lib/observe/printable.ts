/** Text that a guest chose, as a trace shows it: it cannot steer a terminal or break a line. */

/** The longest path in a line of text, in UTF-16 units. */
export const longestShown = 200

/** Escapes what JSON leaves alone and a terminal obeys, or what turns the direction of text. */
export const escaped = (json: string): string =>
  json.replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, c =>
    c
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
/** Quotes a text. */
export const printable = (text: string): string => escaped(JSON.stringify(text))

/** The same, cut to `longestShown` units. The mark of the cut is behind the quotes. */
export const printableCut = (text: string): string =>
  text.length > longestShown ? `${printable(text.slice(0, longestShown))}...` : printable(text)

/** The path of a descriptor in angle brackets, which it can neither close nor open. */
export function bracketed(path: string): string {
  const cut = path.length > longestShown ? `...${path.slice(-longestShown)}` : path
  const text = printable(cut).slice(1, -1)
  return `<${text.replace(/[<>]/g, c => (c === '<' ? '\\u003c' : '\\u003e'))}>`
}

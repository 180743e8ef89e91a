/** Puts a text into a page: between the lines `<!-- HEADING -->` and `<!-- /HEADING -->`. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Returns the page with the text between its marks. @throws Error if it has none */
export function between(page: string, heading: string, text: string): string {
  const [first, last] = [`<!-- ${heading} -->\n`, `\n<!-- /${heading} -->`]
  const [start, end] = [page.indexOf(first), page.indexOf(last)]
  if (start < 0 || end < start) throw new Error(`the page has no marks <!-- ${heading} -->`)
  return page.slice(0, start + first.length) + text + page.slice(end)
}

/** Breaks lines at 100 columns, but for those of tables. */
export const wrapped = (text: string): string =>
  text.replace(/^(?!\|).{101,}$/gm, line =>
    line.replace(/(.{1,98})(?: |$)/g, (_, part, at) => `${at === 0 ? '' : '\n'}${part}`),
  )

export function writeBetween(file: string, heading: string, text: string): void {
  writeFileSync(file, between(readFileSync(file, 'utf8'), heading, wrapped(text)))
}

/** The words of NODE_OPTIONS. */

/**
 * Split as Node splits them: at spaces, but for those in double quotes.
 * @see https://nodejs.org/api/cli.html#node_optionsoptions
 */
export function wordsOf(options: string): string[] {
  const words = options.match(/(?:[^ "]|"(?:[^"\\]|\\.)*")+/g) ?? []
  return words.map(word =>
    word.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) => inner.replace(/\\(.)/g, '$1')),
  )
}

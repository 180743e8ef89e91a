/** Finds the word that a misspelt one was most likely meant to be. */

/** The longest word that is compared: the work grows with the square of it. */
const longest = 64

/**
 * Returns the word that is at most `most` letters from the given one, the nearest and of these the
 * first; undefined if there is none, or the given one is among them. A letter is inserted, left
 * out, replaced, or swapped with the next one. Only one letter may differ from a word of up to four,
 * which most short words are two letters from.
 */
export function nearest(word: string, words: readonly string[], most = 2): string | undefined {
  if (word.length > longest || words.includes(word)) return undefined
  let found: string | undefined
  let best = most + 1
  for (const each of words) {
    if (each.length > longest) continue
    const letters = distance(word, each)
    if (letters >= best || (each.length <= 4 && letters > 1)) continue
    found = each
    best = letters
  }
  return found
}

/**
 * Returns the letters that two words differ by.
 * @see https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance#Optimal_string_alignment_distance
 */
export function distance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      next[j] = Math.min(
        next[j - 1] + 1,
        row[j] + 1,
        row[j - 1] + (same ? 0 : 1),
        swapped ? before[j - 2] + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return row[other.length]
}

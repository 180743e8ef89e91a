/** Decodes Punycode, in which Rust writes identifiers that are not ASCII. */
import { fail } from './not-understood.js'

const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const FIRST_BIAS = 72
const FIRST_POINT = 128
const mostPoints = 128

const digitOf = (character: string): number => {
  const at = 'abcdefghijklmnopqrstuvwxyz0123456789'.indexOf(character)
  return at < 0 ? fail() : at
}

function adapted(delta: number, points: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? DAMP : 2))
  rest += Math.floor(rest / points)
  let bias = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; bias += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return bias + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}

/**
 * The identifier of its ASCII characters, and of the deltas that insert the others.
 * @see https://www.rfc-editor.org/rfc/rfc3492#section-6.2
 */
export function decodePunycode(ascii: string, deltas: string): string {
  if (deltas === '') fail()
  const points = [...ascii].map(character => character.codePointAt(0) as number)
  let point = FIRST_POINT
  let bias = FIRST_BIAS
  let at = 0
  for (let i = 0; i < deltas.length; ) {
    const before = at
    for (let weight = 1, k = BASE; ; k += BASE) {
      if (i >= deltas.length) fail()
      const digit = digitOf(deltas[i++])
      at += digit * weight
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX)
      if (digit < threshold) break
      weight *= BASE - threshold
      if (weight > 2 ** 32) fail()
    }
    const count = points.length + 1
    if (count > mostPoints) fail()
    bias = adapted(at - before, count, before === 0)
    point += Math.floor(at / count)
    at %= count
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) fail()
    points.splice(at++, 0, point)
  }
  return String.fromCodePoint(...points)
}

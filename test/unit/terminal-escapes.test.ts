/** Each character of Unicode, and whether it is shown as itself. */
import test from 'ava'
import { plain } from '#lib/stdio/terminal-escapes.js'

test('control characters and those that turn the direction of text are replaced, and no others', t => {
  const steers = /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}]/u
  for (let point = 0; point <= 0x10ffff; point++) {
    const text = String.fromCodePoint(point)
    if ((plain(text) !== text) !== steers.test(text)) t.fail(`U+${point.toString(16)}`)
  }
  t.is(plain('\0\x1b\x7f\x9b\u202e'), '\u2400\u241b\u2421\ufffd\ufffd')
})

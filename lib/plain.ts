/** Text that cannot steer a terminal. */

/** Control characters but tab, line feed and carriage return, and what turns the direction of text. */
const steering = /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}]/gu
const PICTURES = 0x2400
const picture = (character: string): string => {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(PICTURES + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}

/** What would steer a terminal is shown, as a picture of itself. */
export const plain = (text: string): string => text.replace(steering, picture)

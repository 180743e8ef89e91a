/** Names that Windows would open as something other than a file of that name. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'

// Device names exist in every directory and with any extension: COM1.txt, and COM¹ too (bytes of
// UTF-8, a character each).
const device =
  /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)([0-9]|\xc2\xb9|\xc2\xb2|\xc2\xb3)) *($|[.:])/i

/**
 * Refuses separators, drives and streams (`a:b`), wildcards and control bytes, and trailing dots
 * and spaces, which Windows drops.
 */
export function refuseOddName(name: string) {
  if (name === '.') return
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids them
  if (/[\\/:*?"<>|\x00-\x1f]|[. ]$/.test(name) || device.test(name)) refuse(Errno.INVAL)
}

/**
 * Returns a link's target with a guest's slashes; `elsewhere` returns true for one that is not
 * relative.
 */
export const slashed = (target: string) => target.replaceAll('\\', '/')
export const elsewhere = (target: string) => /^([\\/]|[a-z]:)/i.test(target)

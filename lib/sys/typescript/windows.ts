/** Names that Windows would take for something else than a file of that name. */
import { Errno } from '../../abi/errno.js'
import { refuse } from '../../errors.js'

// Devices are found in every directory and with any extension: COM1.txt, and COM¹ too (bytes of
// UTF-8, a char each).
const device =
  /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)([0-9]|\xc2\xb9|\xc2\xb2|\xc2\xb3)) *($|[.:])/i

/**
 * Separators, drives and streams (`a:b`), wildcards, control bytes; trailing dots and spaces, which
 * Windows drops.
 */
export function refuseOddName(name: string) {
  if (name === '.') return
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids them
  if (/[\\/:*?"<>|\x00-\x1f]|[. ]$/.test(name) || device.test(name)) refuse(Errno.INVAL)
}

/** A link's target with the slashes of a guest, and whether it starts anywhere but here. */
export const slashed = (target: string) => target.replaceAll('\\', '/')
export const elsewhere = (target: string) => /^([\\/]|[a-z]:)/i.test(target)

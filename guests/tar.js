/** The tar format, as much of it as plain folders and files need. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const block = 512

/**
 * @param {Buffer} header
 * @param {number} at
 * @param {number} length
 */
function text(header, at, length) {
  const field = header.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

/**
 * Write what a tar file holds into a folder. Links and everything else that is no plain file or
 * folder are an error, and so is a name that leads out of the folder: what we unpack has neither.
 *
 * @param {Buffer} tar
 * @param {string} folder
 */
export function unpack(tar, folder) {
  for (let at = 0; at + block <= tar.length; ) {
    const header = tar.subarray(at, at + block)
    // The archive ends with blocks of zeros.
    if (header[0] === 0) return
    const prefix = text(header, 345, 155)
    const name = prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`
    const size = Number.parseInt(text(header, 124, 12), 8)
    const type = text(header, 156, 1)
    if (name.startsWith('/') || name.split('/').includes('..'))
      throw new Error(`tar: ${name} leads out of the folder`)
    const path = join(folder, name)
    const body = at + block
    if (type === '5') mkdirSync(path, { recursive: true })
    else if (type === '0' || type === '') {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, tar.subarray(body, body + size))
    } else throw new Error(`tar: ${name} is of type ${type}, which is neither a file nor a folder`)
    at = body + Math.ceil(size / block) * block
  }
}

/** The same from CommonJS, as far as it differs. */
import node = require('node:wasi')
import ours = require('wasi-common')

const Class: typeof node.WASI = ours.WASI
const wasi: node.WASI = new ours.WASI({ version: 'preview1' })

// @ts-expect-error: there is no such export
export const missing = ours.Wasi
export const { Errno, createGuest } = ours
export { Class, wasi }

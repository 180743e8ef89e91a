/**
 * `node --import wasi-common/register/typescript app.js`: the same with the typescript backend, for
 * platforms without an addon.
 */
import { fileURLToPath } from 'node:url'
import { register } from './replace.js'

register('typescript', fileURLToPath(import.meta.url))

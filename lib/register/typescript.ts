/**
 * `node --import wasi-common/register/typescript app.js`: the same on the typescript backend, where
 * no addon loads.
 */
import { fileURLToPath } from 'node:url'
import { register } from './replace.js'

register('typescript', fileURLToPath(import.meta.url))

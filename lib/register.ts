/** `node --import wasi-common/register app.js`: replaces node:wasi's class by this package's. */
import { fileURLToPath } from 'node:url'
import { register } from './register/replace.js'

register('auto', fileURLToPath(import.meta.url))

/** `node --import wasi-common/register app.js`: node:wasi's class is this package's. */
import { fileURLToPath } from 'node:url'
import { register } from './register/replace.js'

register('auto', fileURLToPath(import.meta.url))

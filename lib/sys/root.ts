/**
 * The folder of this package: two levels up from this file, both compiled in dist/sys/ and shipped
 * in dist/bundle/.
 */
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

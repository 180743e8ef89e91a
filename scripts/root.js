// Exports the package's folder: the repository, or node_modules/wasi-common where the package is
// installed, since build-native.js is part of it.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

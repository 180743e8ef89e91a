// Installs what test/packaging/clients.test.ts uses: packages for wasm32, which their .npmrc
// requests on every processor.
import { join } from 'node:path'
import { root } from './root.js'
import { install } from './shared/install.js'

install(join(root, 'test/clients'))

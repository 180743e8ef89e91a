// Writes docs/reference/, the reference of all that lib/index.ts exports, from its comments. A
// public name without a comment and a link that leads nowhere are errors.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'
import { install } from './shared/install.js'
import { runNode } from './shared/run.js'

/** typedoc, and a compiler that has an interface for programs: the one of the package has none. */
const folder = join(root, 'scripts/typedoc')
install(folder)
rmSync(join(root, 'docs/reference'), { recursive: true, force: true })
runNode(['node_modules/typedoc/bin/typedoc', '--options', 'typedoc.json'], { cwd: folder })

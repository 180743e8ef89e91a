// Builds the site of the documentation in docs/site/: the pages of docs/, and the reference of all
// that lib/index.ts exports, from its comments. A public name without a comment and a link that
// leads nowhere are errors.
import { join } from 'node:path'
import { root } from './root.js'
import { install } from './shared/install.js'
import { runNode } from './shared/run.js'
import { writePages } from './site/pages.js'

const folder = join(root, 'scripts/site')
install(folder)
writePages()
runNode(['node_modules/typedoc/bin/typedoc', '--options', 'typedoc.json'], { cwd: folder })
runNode(['node_modules/vitepress/bin/vitepress.js', 'build', '.'], { cwd: folder })

// Writes the pages of the site: those of the repository, with links that hold there.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { root } from '../root.js'
import { pathOf, repository, sections } from './contents.js'

const pages = join(import.meta.dirname, 'pages')
const sources = sections.flatMap(([, pages]) => pages.map(([source]) => source))

/** Writes them into an empty folder. */
export function writePages() {
  checkContents()
  rmSync(pages, { recursive: true, force: true })
  mkdirSync(join(pages, 'public'), { recursive: true })
  copyFileSync(join(import.meta.dirname, 'index.md'), join(pages, 'index.md'))
  for (const source of sources.filter(source => !source.startsWith('docs/reference/'))) {
    const page = join(pages, pathOf(source))
    writeFileSync(page, onSite(source, readFileSync(join(root, source), 'utf8')))
  }
}

/** Each page of docs/ is in the sidebar. */
function checkContents() {
  const missing = readdirSync(join(root, 'docs')).filter(
    name => name.endsWith('.md') && !sources.includes(`docs/${name}`),
  )
  if (missing.length > 0) {
    throw new Error(`docs/${missing[0]} is in no section of scripts/site/contents.js`)
  }
}

/**
 * Text in which links to files of the repository lead to their pages, or to GitHub.
 * @param {string} source
 * @param {string} text
 */
function onSite(source, text) {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, relink)))
    .join('')

  /** @param {string} whole @param {string} image @param {string} label @param {string} target */
  function relink(whole, image, label, target) {
    if (/^[a-z]+:|^#/.test(target)) return whole
    const [path, fragment] = target.split('#')
    const file = posix.join(dirname(source), path)
    if (!existsSync(join(root, file)) && !file.startsWith('docs/reference/')) {
      throw new Error(`${source}: ${target} leads nowhere`)
    }
    if (image !== '') {
      copyFileSync(join(root, file), join(pages, 'public', basename(file)))
      return `![${label}](/${basename(file)})`
    }
    const hash = fragment === undefined ? '' : `#${fragment}`
    const page =
      sources.includes(file) || file.startsWith('docs/reference/') ? pathOf(file) : undefined
    if (page !== undefined) return `[${label}](/${page}${hash})`
    const kind = statSync(join(root, file)).isDirectory() ? 'tree' : 'blob'
    return `[${label}](${repository}/${kind}/main/${file}${hash})`
  }
}

// Checks the links of each page in the package: a relative one leads to a file of the package, one
// to the repository to a file there, and a fragment to a heading. Also that the code names no
// source map which is not packed.
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root } from '../root.js'

/**
 * Code is not looked at: it has brackets of its own.
 * @param {string} text
 */
const prose = text => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '`')
/** @param {string} text */
const linksOf = text =>
  Array.from(
    prose(text).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)/gm),
    ([, a, b = '']) => a ?? b,
  )

/**
 * The fragments of a page, made of its headings as GitHub does.
 * @param {string} text
 */
function fragmentsOf(text) {
  /** @type {Map<string, number>} */
  const seen = new Map()
  return Array.from(
    text.replace(/^```.*?^```/gms, '').matchAll(/^#{1,6} (.*)$/gm),
    ([, heading = '']) => {
      const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
      const name = words.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-')
      const count = seen.get(name) ?? 0
      seen.set(name, count + 1)
      return count === 0 ? name : `${name}-${count}`
    },
  )
}

/** @type {import('../pack-check.js').Part} */
export function links({ names, unpacked, record, expect, fault }) {
  const address = (record.repository?.url ?? '').replace(/^git\+|\.git$/g, '')
  /** @param {string} name */
  const text = name => readFileSync(join(unpacked, name), 'utf8')
  const pages = names.filter(name => name.endsWith('.md'))
  let count = 0
  for (const page of pages) {
    for (const link of linksOf(text(page))) {
      count++
      const said = `${page} links to ${link}`
      if (/^(https?|mailto):/.test(link)) {
        const [, path] = link.startsWith(`${address}/`)
          ? (/^\/(?:blob|tree)\/main\/([^#?]+)/.exec(link.slice(address.length)) ?? [])
          : []
        if (path !== undefined)
          expect(existsSync(join(root, path)), `${said}, which the repository does not have`)
        continue
      }
      const [path, fragment] = link.split('#')
      const file = path === '' ? page : posix.join(posix.dirname(page), path)
      if (!names.includes(file)) fault(`${said}, which is not in the package`)
      else if (fragment !== undefined)
        expect(fragmentsOf(text(file)).includes(fragment), `${said}: there is no such heading`)
    }
  }
  expect(count > 0, 'no links were found')
  const maps = names
    .filter(name => /\.(js|mjs|ts|mts)$/.test(name) && name.startsWith('dist/'))
    .flatMap(name =>
      Array.from(text(name).matchAll(/^\/\/# sourceMappingURL=(.*)$/gm), ([, map]) =>
        posix.join(posix.dirname(name), map),
      ),
    )
  for (const map of maps) {
    if (!names.includes(map)) fault(`the source map ${map} is not in the package`)
    else
      for (const source of JSON.parse(text(map)).sources)
        expect(
          names.includes(posix.join(posix.dirname(map), source)),
          `the source map ${map} leads to ${source}, which is not in the package`,
        )
  }
  console.log(`${count} links of ${pages.length} pages, ${maps.length} source maps`)
}

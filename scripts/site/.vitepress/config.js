// The site of the documentation, of which scripts/docs.js writes the pages.
import { defineConfig } from 'vitepress'
import { pathOf, repository, sections } from '../contents.js'

/** @param {string} source */
const link = source => `/${pathOf(source).replace(/(index)?\.md$/, '')}`

export default defineConfig({
  title: 'wasi-common',
  description: 'Run untrusted WebAssembly in Node.js, in a sandbox that holds',
  srcDir: 'pages',
  outDir: '../../docs/site',
  cleanUrls: true,
  // The reference links to pages of its own; all others are checked by scripts/docs-check.js, too.
  ignoreDeadLinks: false,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'Options', link: '/options' },
      { text: 'API', link: '/reference/' },
      { text: 'Security', link: '/security' },
    ],
    sidebar: sections.map(([text, pages]) => ({
      text,
      items: pages.map(([source, text]) => ({ text, link: link(source) })),
    })),
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'Apache-2.0 WITH LLVM-exception' },
  },
})

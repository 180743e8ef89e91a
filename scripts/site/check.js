// Looks at the built site in headless Chromium: every page and link, the sidebar, the search, code
// blocks, dark mode, and a phone's width. Screenshots go to docs/site/.screenshots/.
// `npm run docs:check`, after `npm run docs`.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { root } from '../root.js'
import { pathOf, sections } from './contents.js'

const site = join(root, 'docs/site')
const screenshots = join(site, '.screenshots')
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = process.env.CHROMIUM ?? browsers.find(file => existsSync(file))

if (executablePath === undefined) {
  throw new Error(
    `no Chromium at ${browsers.join(', ')}: install Debian's package chromium, or set CHROMIUM`,
  )
}
if (!existsSync(join(site, 'index.html'))) throw new Error('no site: run npm run docs first')

/** @type {Readonly<Record<string, string>>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

/** @type {string[]} */
const faults = []
/** @param {unknown} holds @param {string} fault */
const check = (holds, fault) => {
  if (!holds) faults.push(fault)
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname)
  const tried = [path, `${path}.html`, join(path, 'index.html')].map(name => join(site, name))
  const file = tried.find(name => extname(name) !== '' && existsSync(name))
  response.statusCode = file === undefined ? 404 : 200
  response.setHeader('content-type', types[extname(file ?? '')] ?? 'text/plain')
  response.end(file === undefined ? 'not found' : readFileSync(file))
})
await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
const home = `http://127.0.0.1:${port}`

const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] })
try {
  mkdirSync(screenshots, { recursive: true })
  const page = await browser.newPage()
  page.on('pageerror', error => faults.push(`${page.url()}: ${error}`))
  page.on('response', response => {
    if (
      response.url().startsWith(home) &&
      response.status() !== 200 &&
      !response.url().includes('favicon')
    )
      faults.push(`${response.url()}: ${response.status()} (from ${page.url()})`)
  })
  await page.setViewport({ width: 1280, height: 900 })
  await checkLinks(page)
  await checkSidebar(page)
  await checkSearch(page)
  await checkDark(page)
  await checkPhone(page)
} finally {
  await browser.close()
  server.close()
}
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1
else console.log('the site is good')

/**
 * Opens every page that a link leads to, and finds the place of every fragment.
 * @param {import('puppeteer-core').Page} page
 */
async function checkLinks(page) {
  const open = ['/']
  const seen = new Set(open)
  /** @type {Map<string, string>} */
  const wanted = new Map()
  /** @type {Map<string, Set<string>>} */
  const places = new Map()
  for (const path of open) {
    await page.goto(home + path, { waitUntil: 'domcontentloaded' })
    const { ids, links } = await page.evaluate(() => ({
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
      links: [...document.querySelectorAll('a[href]')].map(
        link => /** @type {HTMLAnchorElement} */ (link).href,
      ),
    }))
    places.set(path, new Set(ids))
    for (const link of links.filter(link => link.startsWith(home))) {
      const { pathname, hash } = new URL(link)
      if (hash !== '') wanted.set(pathname + hash, path)
      if (seen.has(pathname)) continue
      seen.add(pathname)
      open.push(pathname)
    }
  }
  for (const [target, from] of wanted) {
    const [path, id] = target.split('#')
    check(places.get(path)?.has(decodeURIComponent(id)), `${from}: no place ${target}`)
  }
  check(open.length > 30, `only ${open.length} pages`)
}

/**
 * Goes to each page by the sidebar, and finds its heading there.
 * @param {import('puppeteer-core').Page} page
 */
async function checkSidebar(page) {
  await page.goto(`${home}/getting-started`, { waitUntil: 'networkidle0' })
  for (const [source, title] of sections.flatMap(([, pages]) => pages)) {
    const path = `/${pathOf(source).replace(/(index)?\.md$/, '')}`
    const link = await page.$(`.VPSidebar a[href="${path}"]`)
    check(link !== null, `the sidebar has no ${title}`)
    await link?.click()
    await page.waitForFunction(path => location.pathname === path, { timeout: 5000 }, path)
    check(await page.$('main h1'), `${path} has no heading`)
  }
  await page.screenshot({ path: join(screenshots, 'page.png') })
  await page.goto(home, { waitUntil: 'networkidle0' })
  await page.screenshot({ path: join(screenshots, 'home.png') })
}

/** @param {import('puppeteer-core').Page} page */
async function checkSearch(page) {
  await page.goto(`${home}/getting-started`, { waitUntil: 'networkidle0' })
  const code = await page.$eval(
    'div[class*=language-] pre',
    block => getComputedStyle(block.querySelector('span[style]') ?? block).color,
  )
  check(code !== '', 'code has no colours')
  await page.click('.DocSearch-Button, #local-search button')
  await page.waitForSelector('#localsearch-input', { timeout: 5000 })
  await page.type('#localsearch-input', 'overlay')
  await page.waitForSelector('.VPLocalSearchBox .result', { timeout: 5000 })
  const found = await page.$$eval('.VPLocalSearchBox .result', results =>
    results.map(result => /** @type {HTMLAnchorElement} */ (result).href),
  )
  check(
    found.some(link => link.includes('/files')),
    `a search for overlay finds ${found}`,
  )
  await page.screenshot({ path: join(screenshots, 'search.png') })
}

/** @param {import('puppeteer-core').Page} page */
async function checkDark(page) {
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await page.goto(`${home}/how-it-works`, { waitUntil: 'networkidle0' })
  const [, ...parts] =
    /(\d+), (\d+), (\d+)/.exec(
      await page.$eval('body', body => getComputedStyle(body).backgroundColor),
    ) ?? []
  check(parts.length === 3 && parts.every(part => Number(part) < 64), `dark mode is rgb(${parts})`)
  await page.screenshot({ path: join(screenshots, 'dark.png') })
  await page.emulateMediaFeatures([])
}

/**
 * No page is wider than a phone, but for what scrolls by itself.
 * @param {import('puppeteer-core').Page} page
 */
async function checkPhone(page) {
  await page.setViewport({ width: 390, height: 844, isMobile: true, hasTouch: true })
  for (const [source] of sections.flatMap(([, pages]) => pages)) {
    const path = `/${pathOf(source).replace(/(index)?\.md$/, '')}`
    await page.goto(home + path, { waitUntil: 'domcontentloaded' })
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    check(width <= 390, `${path} is ${width} wide on a phone of 390`)
  }
  await page.goto(`${home}/options`, { waitUntil: 'networkidle0' })
  await page.screenshot({ path: join(screenshots, 'phone.png') })
}

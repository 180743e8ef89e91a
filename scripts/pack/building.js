// Builds the addon in an installed package, by the command that the error names where there is no
// prebuild.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.js'
import { guest } from './consumers.js'
import { packages, serve } from './registry.js'

const use = `import { WASI } from 'wasi-common'
try {
  const wasi = new WASI({ version: 'preview1', preopens: { '/': '.' } })
  console.log(wasi.start(wasi.instantiate(Buffer.from('${guest}', 'base64'))))
} catch ({ code, message }) {
  console.log(\`\${code}: \${message}\`)
}
`
const table = 'Built in a package of'
const needed = ['node-gyp', 'node-addon-api']

/**
 * Folders of node_modules of all that some packages depend on: the lock names a dependency's own
 * copy by the folder that it lies in.
 * @param {string[]} names
 */
function closure(names) {
  /** @type {{ packages: Record<string, { dependencies?: Record<string, string> }> }} */
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  /** @type {Set<string>} */
  const found = new Set()
  /** @type {(from: string, name: string) => void} */
  const visit = (from, name) => {
    for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
      const path = `${folder}/node_modules/${name}`.replace(/^\//, '')
      if (locked[path] !== undefined) {
        if (!found.has(path)) {
          found.add(path)
          for (const next of Object.keys(locked[path].dependencies ?? {})) visit(`/${path}`, next)
        }
        return
      }
      if (folder === '') throw new Error(`package-lock.json has no ${name}`)
    }
  }
  for (const name of names) visit('', name)
  return [...found].map(path => join(root, path))
}

/** @param {string} program */
const isThere = program => spawnSync(program, ['--version']).error === undefined

/** @type {import('../pack-check.js').Part} */
export async function building(context) {
  const { tarball, record, tools } = context
  const missing = ['python3', 'make', 'g++'].filter(program => !isThere(program))
  if (process.platform === 'win32' || missing.length > 0) {
    const without = missing.map(name => `, without ${name}`).join('')
    console.log(`building: not tried on ${process.platform}${without}`)
    return []
  }
  const folder = await tools('managers')
  const server = await serve([
    { record, file: tarball },
    ...(await packages(context, closure(needed))),
  ])
  try {
    /** @param {string} name */
    const version = name =>
      JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version
    const npm = [join(folder, 'npm/bin/npm-cli.js'), 'install', '--no-audit', '--no-fund']
    const pnpm = [join(folder, 'pnpm-10/bin/pnpm.cjs'), 'install']
    // There, no folder above the package has node-gyp: it is found from the project alone.
    const shared = 'packages: []\nenableGlobalVirtualStore: true\n'
    return [
      await check(context, server, `npm ${version('npm')}`, npm),
      await check(context, server, `pnpm ${version('pnpm-10')}`, pnpm),
      await check(context, server, `pnpm ${version('pnpm-10')}, global virtual store`, pnpm, {
        'pnpm-workspace.yaml': shared,
      }),
    ]
  } finally {
    await server.close()
  }
}

/**
 * @param {import('../pack-check.js').Context} context
 * @param {{ url: string }} server
 * @param {string} row
 * @param {string[]} args of Node
 * @param {Record<string, string>} more files
 */
async function check({ bare, expect, nodes, record, run, work }, { url }, row, args, more = {}) {
  const [{ node, name: column }] = nodes
  const app = join(work, row)
  mkdirSync(app)
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const dependencies = {
    'wasi-common': record.version,
    ...Object.fromEntries(needed.map(name => [name, devDependencies[name]])),
  }
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }))
  writeFileSync(join(app, '.npmrc'), `registry=${url}\n`)
  writeFileSync(join(app, 'use.mjs'), use)
  for (const [name, text] of Object.entries(more)) writeFileSync(join(app, name), text)
  const env = bare(node, `${app} home`)
  await run(`${row}: install`, node, args, { cwd: app, env })
  const unpacked = join(app, 'node_modules/wasi-common')
  rmSync(join(unpacked, 'prebuilds'), { recursive: true })
  const said = await run(`${row}: without prebuilds`, node, ['use.mjs'], { cwd: app, env })
  const [, script] = /^ERR_WASI_ADDON_UNAVAILABLE: .*\n {2}node "(.+)"\n/s.exec(said) ?? []
  expect(script !== undefined, `${row}: without prebuilds it prints ${said}`)
  if (script === undefined) return { table, row, column, cell: 'fails' }
  await run(`${row}: node ${script}`, node, [script], { cwd: app })
  const after = await run(`${row}: built`, node, ['use.mjs'], { cwd: app, env })
  const good = after === '42\n' && existsSync(join(unpacked, 'build/Release/wasi_common.node'))
  expect(good, `${row}: built, it prints ${after}`)
  expect(
    !existsSync(join(unpacked, 'binding.gyp')),
    `${row}: building leaves a binding.gyp, which managers would build again`,
  )
  return { table, row, column, cell: good ? 'works' : 'fails' }
}

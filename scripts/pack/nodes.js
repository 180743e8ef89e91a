// Uses the package on each Node as npm installs it: without scripts, network, compiler or python,
// in an empty folder.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, sources } from '#guests/toolchain.js'
import { consumers } from './consumers.js'

const steps = readFileSync(join(sources, 'files.c'), 'utf8').split('STEP("').length - 1

/** @type {import('../pack-check.js').Part} */
export async function nodes(context) {
  const rows = []
  for (const one of context.nodes) rows.push(...(await use(context, one)))
  return rows.map(row => ({ table: 'Use', ...row }))
}

/**
 * @param {import('../pack-check.js').Context} context
 * @param {import('../pack-check.js').Node} one
 */
async function use({ work, install, run, expect, fault }, { node, version, name: column }) {
  const folder = join(work, version)
  const app = join(folder, 'app')
  const env = await install(node, app)
  const installed = readdirSync(join(app, 'node_modules')).filter(name => !name.startsWith('.'))
  expect(installed.join() === 'wasi-common', `${version}: installed were ${installed}`)

  const command = join(app, 'node_modules/wasi-common/dist/bundle/cli.js')
  const shim = join(app, 'node_modules/.bin/wasi-common')
  // It is compiled in the sandbox that was just installed, where it has not been yet.
  const program = build('files', args =>
    spawnSync(node, [command, 'run', ...args], { encoding: 'utf8' }),
  )
  const rows = []
  const ways = [[], ...(process.platform === 'linux' ? [['--isolation', 'process']] : [])]
  for (const more of ways) {
    const box = mkdtempSync(join(folder, 'box-'))
    const args = ['run', ...more, '--dir', `${box}::/box`, program, '/box']
    /** @type {[program: string, args: string[]]} */
    const asTyped = process.platform === 'win32' ? [node, [command, ...args]] : [shim, args]
    const what = ['wasi-common run', ...more].join(' ')
    const right = (await run(`${version}: ${what}`, ...asTyped, { cwd: app, env })).match(
      /^ok /gm,
    )?.length
    expect(right === steps, `${version}: ${right} of ${steps} steps`)
    rows.push({ row: what, column, cell: right === steps ? 'works' : 'fails' })
  }
  for (const { name, files, args, prints } of consumers) {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(app, file), text)
    const said = await run(`${version}: ${name}`, node, args, { cwd: app, env })
    if (said !== prints) fault(`${version}: ${name} prints ${JSON.stringify(said)}`)
    rows.push({ row: name, column, cell: said === prints ? 'works' : 'fails' })
  }
  return rows
}

// Packs the package, and checks the tarball by parts. A part is a file in scripts/pack/ that
// exports a function of the file's own name. The rows that parts return are printed at the end, as
// tables.
//
//   npm run pack-check                     on the Node that runs this
//   npm run pack-check -- --node NODE ...  on these, too: paths, or exact versions
//   npm run pack-check -- --only NAME ...  only these parts, such as nodes or contents
//   npm run pack-check -- --all            and a prebuild that is missing is a fault
//   npm run pack-check -- --keep FILE      and leave the tarball there
//   npm run pack-check -- --tarball FILE   of what was packed elsewhere
//   npm run pack-check -- --write          and write the tables into docs/
//
// The tables in docs/ are between lines `<!-- HEADING -->` and `<!-- /HEADING -->`; a cell that
// differs from those is a fault.
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare, printed, write } from './pack-check/tables.js'
import { root } from './root.js'
import { install as installTools } from './shared/install.js'
import { fromNpm } from './shared/runtimes.js'

/**
 * A part is called with this.
 * @typedef {object} Context
 * @property {string} tarball the packed package
 * @property {string} app a folder with a package.json, where npm has installed the tarball. Parts
 *   only read it
 * @property {string} unpacked the package in there
 * @property {string[]} names the files of the package, as paths below `unpacked`, with slashes
 * @property {Manifest} record its package.json
 * @property {string} work an empty scratch folder of this part, which is removed in the end
 * @property {Node[]} nodes the first one runs this script
 * @property {string} npm the path of npm's own program, to run by a Node
 * @property {boolean} all whether --all is given
 * @property {(good: boolean, what: string) => void} expect counts a fault unless it is good
 * @property {(what: string) => void} fault counts a fault
 * @property {Run} run
 * @property {(node: string, folder: string) => Bare} bare an environment with an empty HOME, where
 *   PATH has only that Node
 * @property {(node: string, folder: string) => Promise<Bare>} install installs the tarball by npm
 *   in that new folder: no network, no scripts. Resolves with the environment, which is bare
 * @property {(name: string) => Promise<string>} tools resolves with the node_modules of
 *   scripts/pack/NAME/, which has a package.json and a lock of exact versions. Without scripts
 *
 * @typedef {{ node: string, version: string, name: string }} Node its path, `v26.1.0`, `Node 26`
 *
 * @typedef {NodeJS.ProcessEnv & { HOME: string, PATH: string }} Bare
 *
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {string[]} [bundleDependencies]
 * @property {Record<string, unknown>} exports
 * @property {boolean} [gypfile]
 * @property {{ url: string }} [repository]
 * @property {string} [homepage]
 * @property {{ url: string }} [bugs]
 * @property {string} [author]
 *
 * @typedef {(what: string, program: string, args: string[], options?: ExecFileOptions) =>
 *   Promise<string>} Run Resolves with standard output; counts a fault where the program fails.
 *   Never a shell. Several may run at once, but there are two processors.
 * @typedef {import('node:child_process').ExecFileOptions} ExecFileOptions
 *
 * @typedef {(context: Context) => Cell[] | void | Promise<Cell[] | void>} Part
 *
 * A part returns cells of a table. Those with the same `row` are one line. `table` is the heading,
 * otherwise the name of the part.
 * @typedef {{ row: string, column: string, cell: string, table?: string }} Cell
 */

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    keep: { type: 'string' },
    tarball: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const work = realpathSync(mkdtempSync(join(tmpdir(), 'wasi-common-')))
const npm = [
  process.env.npm_execpath,
  join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
].find(path => path !== undefined && existsSync(path))
if (npm === undefined) throw new Error('npm is not found: use npm run pack-check')
/** npm's own program. */
const npmProgram = npm

let faults = 0
/** @param {string} what */
function fault(what) {
  console.error(`FAULT: ${what}`)
  faults++
}
/** @type {Context['expect']} */
const expect = (good, what) => {
  if (!good) fault(what)
}
/** @param {number} since */
const seconds = since => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** @type {Run} */
function run(what, program, args, options = {}) {
  return new Promise(resolve =>
    execFile(
      program,
      args,
      { maxBuffer: 1 << 28, ...options, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const why =
          error?.signal ??
          (typeof error?.code === 'number' ? `exit code ${error.code}` : error?.message)
        if (error !== null)
          fault(`${what}: ${why}\n${`${stdout}${stderr}`.split('\n', 40).join('\n')}`)
        resolve(stdout)
      },
    ).stdin?.end(),
  )
}

async function pack() {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', work]
  const [{ filename }] = JSON.parse(
    await run('npm pack', process.execPath, [npmProgram, ...args], { cwd: root }),
  )
  return join(work, filename)
}

/** @param {string} folder */
const filesBelow = folder =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )

/**
 * @param {string} node
 * @param {string} folder
 * @returns {Bare}
 */
function bare(node, folder) {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const { SystemRoot, TEMP, TMP } = process.env
  if (process.platform === 'win32')
    return {
      SystemRoot,
      TEMP,
      TMP,
      HOME: folder,
      PATH: [dirname(node), `${SystemRoot}\\System32`].join(delimiter),
    }
  if (!existsSync(join(bin, 'node'))) symlinkSync(node, join(bin, 'node'))
  return { HOME: folder, PATH: bin }
}

const system = process.platform === 'win32' ? 'win' : process.platform
/**
 * The program of a Node that is named by its version or by its path.
 * @param {string} node
 */
const found = node =>
  /^\d+\.\d+\.\d+$/.test(node)
    ? join(
        fromNpm(`node-${system}-${process.arch}@${node}`),
        'bin',
        system === 'win' ? 'node.exe' : 'node',
      )
    : node

/**
 * @param {string} node
 * @returns {Promise<Node>}
 */
async function named(node) {
  const version = (await run('node', node, ['--version'])).trim()
  return { node, version, name: `Node ${version.slice(1).split('.', 1)[0]}` }
}

/** @returns {Promise<Omit<Context, 'work'>>} */
async function prepare() {
  const tarball = values.tarball === undefined ? await pack() : realpathSync(values.tarball)
  const nodes = await Promise.all(
    [process.execPath, ...values.node.map(found)].map(node => named(realpathSync(node))),
  )
  /**
   * @param {string} node
   * @param {string} folder
   */
  async function install(node, folder) {
    mkdirSync(folder, { recursive: true })
    const home = `${folder} home`
    const env = bare(node, home)
    const flags = [
      '--ignore-scripts',
      '--offline',
      '--no-audit',
      '--no-fund',
      '--silent',
      `--cache=${join(home, 'cache')}`,
    ]
    await run(
      `npm install in ${folder}`,
      node,
      [npmProgram, 'install', ...flags, '--prefix', folder, tarball],
      { cwd: folder, env },
    )
    return env
  }
  const app = join(work, 'app')
  await install(process.execPath, app)
  const unpacked = join(app, 'node_modules/wasi-common')
  /** @param {string} name */
  const tools = name => {
    const folder = join(root, 'scripts/pack', name)
    installTools(folder)
    return join(folder, 'node_modules')
  }
  const record = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
  const shared = {
    tarball,
    app,
    unpacked,
    names: filesBelow(unpacked),
    record,
    nodes,
    npm: npmProgram,
    all: values.all,
  }
  return { ...shared, expect, fault, run, bare, install, tools: async name => tools(name) }
}

const parts = readdirSync(join(root, 'scripts/pack'))
  .filter(name => name.endsWith('.js'))
  .map(name => name.slice(0, -3))
/** @type {{ name: string, part: Part }[]} */
const known = []
for (const name of parts) {
  const part = (await import(`./pack/${name}.js`))[name]
  if (typeof part === 'function') known.push({ name, part })
}
const wanted = values.only ?? known.map(({ name }) => name)
for (const name of wanted)
  if (!known.some(part => part.name === name))
    throw new Error(`--only ${name}: there are ${known.map(part => part.name).join(', ')}`)

/** @type {Required<Cell>[]} */
const rows = []
try {
  const context = await prepare()
  for (const { name, part } of known.filter(({ name }) => wanted.includes(name))) {
    const start = Date.now()
    const folder = join(work, name)
    mkdirSync(folder)
    for (const row of (await part({ ...context, work: folder })) ?? [])
      rows.push({ table: name, ...row })
    console.log(`${name}: ${seconds(start)}`)
    rmSync(folder, { recursive: true, force: true })
  }
  if (values.write) write(rows)
  else for (const what of compare(rows)) fault(what)
  if (values.keep !== undefined && faults === 0) copyFileSync(context.tarball, values.keep)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(printed(rows))
console.log(faults === 0 ? 'the package is good' : `${faults} faults`)
process.exitCode = faults === 0 ? 0 : 1

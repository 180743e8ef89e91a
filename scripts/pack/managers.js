// Installs the package from a registry by each package manager, with all scripts allowed and no
// compiler to be found, and uses it.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { inTurns } from '../shared/run.js'
import { guest, hello, typed } from './consumers.js'
import { packages, serve } from './registry.js'

/** Taken by the shims in node_modules/.bin: no compiler, make or python is among them. */
const programs = ['sh', 'sed', 'dirname', 'uname', 'env']

/**
 * A program and its arguments.
 * @typedef {[program: string, args: string[]]} Call
 * @typedef {(node: string, args: string[]) => Call} Program
 *
 * @typedef {object} Manager
 * @property {string} name
 * @property {string} tool its folder below the tools
 * @property {string} [how] it links packages
 * @property {(url: string) => Record<string, string>} files beside package.json
 * @property {object} [manifest] what package.json has, too
 * @property {(node: string, home: string) => Call} install the dependencies of package.json
 * @property {Program} bin a command of a package
 * @property {Program} program a Node that finds packages
 */
/**
 * @param {string} tools
 * @returns {Manager[]}
 */
const rowsOf = tools => {
  /** @type {(path: string) => Program} */
  const javascript = path => (node, args) => [node, [join(tools, path), ...args]]
  /** @type {(path: string) => Program} */
  const native = path => (_, args) => [join(tools, path), args]
  /** @type {Program} */
  const plain = (node, args) => [node, args]
  const npm = javascript('npm/bin/npm-cli.js')
  /** @type {(tool: string, run: Program) => Manager} */
  const pnpm = (tool, run) => ({
    name: 'pnpm',
    tool,
    files: url => ({
      '.npmrc': `registry=${url}\n`,
      'pnpm-workspace.yaml': 'packages: []\ndangerouslyAllowAllBuilds: true\n',
    }),
    install: (node, home) => run(node, ['install', '--store-dir', join(home, 'store')]),
    bin: (node, args) => run(node, ['exec', ...args]),
    program: plain,
  })
  const yarn = javascript('yarn-1/bin/yarn.js')
  const yarn4 = javascript('yarn-4/bin/yarn.js')
  /** @type {(linker: string, program: Program) => Manager} */
  const linked = (linker, program) => ({
    name: 'yarn',
    tool: 'yarn-4',
    how: linker,
    files: url => ({
      'yarn.lock': '',
      '.yarnrc.yml': [
        `npmRegistryServer: ${url}`,
        'unsafeHttpWhitelist: [127.0.0.1]',
        `nodeLinker: ${linker}`,
        'enableScripts: true',
        'enableGlobalCache: false',
        'enableTelemetry: false\n',
      ].join('\n'),
    }),
    install: node => yarn4(node, ['install']),
    bin: (node, args) => yarn4(node, ['run', ...args]),
    program,
  })
  const bun = native('@oven/bun-linux-x64/bin/bun')
  return [
    {
      name: 'npm',
      tool: 'npm',
      files: url => ({
        '.npmrc': [
          `registry=${url}`,
          'ignore-scripts=false',
          'audit=false',
          'fund=false',
          'update-notifier=false\n',
        ].join('\n'),
      }),
      install: (node, home) => npm(node, ['install', `--cache=${join(home, 'cache')}`]),
      bin: (node, args) => npm(node, ['exec', '--no', '--', ...args]),
      program: plain,
    },
    pnpm('pnpm-9', javascript('pnpm-9/bin/pnpm.cjs')),
    pnpm('pnpm-10', javascript('pnpm-10/bin/pnpm.cjs')),
    pnpm('@pnpm/exe.linux-x64', native('@pnpm/exe.linux-x64/pnpm')),
    {
      name: 'yarn',
      tool: 'yarn-1',
      files: url => ({ '.yarnrc': `registry "${url}"\n` }),
      install: (node, home) =>
        yarn(node, ['install', '--no-progress', '--cache-folder', join(home, 'cache')]),
      bin: (node, args) => yarn(node, ['--silent', 'run', ...args]),
      program: plain,
    },
    linked('node-modules', plain),
    linked('pnp', (node, args) => yarn4(node, ['node', ...args])),
    {
      name: 'bun',
      tool: '@oven/bun-linux-x64',
      files: url => ({ 'bunfig.toml': `[install]\nregistry = "${url}"\n` }),
      manifest: { trustedDependencies: ['wasi-common'] },
      install: () => bun('', ['install']),
      bin: (_, args) => bun('', ['run', ...args]),
      program: plain,
    },
  ]
}

/**
 * Uses class WASI, the parts that are loaded only when they are needed, worker threads and a child
 * process.
 */
const use = `import { MemoryFiles, Pool, run, WASI } from 'wasi-common'
const bytes = Buffer.from('${guest}', 'base64')
const exits = options => {
  const wasi = new WASI({ version: 'preview1', ...options })
  return wasi.start(wasi.instantiate(bytes))
}
const pool = new Pool({ size: 1 })
console.log({
  native: exits({ preopens: { '/': '.' } }),
  typescript: exits({ backend: 'typescript', preopens: { '/': '.' } }),
  memory: exits({ preopens: { '/m': { files: { a: 'x' } }, '/o': { path: '.', overlay: new MemoryFiles() } } }),
  deterministic: exits({ deterministic: true, trace() {} }),
  run: (await run(bytes, { timeout: 60_000 })).exitCode,
  pool: (await pool.run(bytes)).exitCode,
  process: (await run(bytes, { isolation: 'process', osSandbox: 'best-effort' })).exitCode,
})
await pool.close()
`
const uses = ['native', 'typescript', 'memory', 'deterministic', 'run', 'pool', 'process']
const used = `{\n${uses.map(name => `  ${name}: 42`).join(',\n')}\n}\n`

const dropIn = `import { WASI } from 'node:wasi'
import { WASI as Ours } from 'wasi-common'
console.log(WASI === Ours)
`
const compilerOptions = {
  strict: true,
  noEmit: true,
  target: 'es2022',
  module: 'nodenext',
  types: ['node'],
}

/** @type {import('../pack-check.js').Part} */
export async function managers(context) {
  const { tarball, record, nodes, tools } = context
  if (process.platform !== 'linux') {
    console.log(
      `managers: not tried on ${process.platform}, where they need other programs on PATH`,
    )
    return []
  }
  const folder = await tools('managers')
  /** @type {(name: string) => { version: string }} */
  const installed = name => JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
  // The same registry serves the packages of types: the managers reach no other.
  const rows = rowsOf(folder)
  const found = rows.filter(({ tool }) => existsSync(join(folder, tool)))
  const missing = rows.filter(row => !found.includes(row))
  for (const { tool } of missing) console.log(`managers: ${tool} is not for this machine`)
  const others = await packages(
    context,
    ['typescript', '@types/node', 'undici-types'].map(name => join(folder, name)),
  )
  const server = await serve([{ record, file: tarball }, ...others])
  try {
    const jobs = nodes.flatMap(one =>
      found.map(manager => () => check({ ...context, installed, server }, one, manager)),
    )
    return (await inTurns(2, jobs)).map(row => ({ table: 'Package manager', ...row }))
  } finally {
    await server.close()
  }
}

/**
 * A PATH with a Node and no compiler.
 * @param {import('../pack-check.js').Context['bare']} bare
 * @param {string} node
 * @param {string} home
 */
function environment(bare, node, home) {
  const env = bare(node, home)
  const paths = (process.env.PATH ?? '').split(delimiter)
  for (const name of programs) {
    const found = paths.map(path => join(path, name)).find(path => existsSync(path))
    if (found === undefined) throw new Error(`${name} is not in the PATH`)
    copyFileSync(realpathSync(found), join(env.PATH, name))
  }
  return env
}

/**
 * @typedef {import('../pack-check.js').Context & {
 *   installed: (name: string) => { version: string }, server: { url: string } }} Check
 */
/**
 * @param {Check} context
 * @param {import('../pack-check.js').Node} one
 * @param {Manager} manager
 */
async function check(context, { node, version, name: column }, manager) {
  const { bare, expect, installed, nodes, record, run, server, work } = context
  const tool = installed(manager.tool)
  const row = [
    manager.name,
    tool.version,
    ...(manager.how === undefined ? [] : [manager.how]),
  ].join(' ')
  const what = `${row} on ${version}`
  const app = join(work, what)
  const home = `${app} home`
  mkdirSync(app)
  const env = environment(bare, node, home)
  const dependencies = {
    'wasi-common': record.version,
    typescript: installed('typescript').version,
    '@types/node': installed('@types/node').version,
  }
  const written = {
    'package.json': JSON.stringify({ private: true, dependencies, ...manager.manifest }),
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['use.mts', 'use.cts'] }),
    'use.mts': typed,
    'use.cts': typed,
    'use.mjs': use,
    'drop-in.mjs': dropIn,
    'hello.wasm': Buffer.from(hello, 'base64'),
    ...manager.files(server.url),
  }
  for (const [name, text] of Object.entries(written)) writeFileSync(join(app, name), text)
  let good = true
  /** @type {(step: string, call: Call, wanted: string | RegExp) => Promise<void>} */
  const prints = async (step, [program, args], wanted) => {
    const said = await run(`${what}: ${step}`, program, args, { cwd: app, env })
    const right = typeof wanted === 'string' ? said === wanted : wanted.test(said)
    expect(right, `${what}: ${step} prints ${JSON.stringify(said)}`)
    good &&= right
  }
  await prints('install', manager.install(node, home), /^(?!.*node-gyp)/s)
  if (!good) return { row, column, cell: 'fails' }
  const place = join(app, 'node_modules/wasi-common')
  if (existsSync(place))
    expect(!readdirSync(place).includes('build'), `${what}: it was built when it was installed`)
  await prints('use', manager.program(node, ['use.mjs']), used)
  await prints(
    'register',
    manager.program(node, ['--import', 'wasi-common/register', 'drop-in.mjs']),
    'true\n',
  )
  await prints(
    'wasi-common run',
    manager.bin(node, ['wasi-common', 'run', 'hello.wasm']),
    'hello from a guest\n',
  )
  // No Node makes a difference to it.
  if (node === nodes[0]?.node) await prints('tsc', manager.bin(node, ['tsc', '-p', '.']), '')
  return { row, column, cell: good ? 'works' : 'fails' }
}

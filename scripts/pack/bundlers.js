// Packs a program that uses every part of the package: by bundlers, as a single executable, and by
// a tracer of files. Where wasi-common is external, all parts work. A program that has it bundled
// in ends at its first use, with an error that has the bundler's option.
import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { body, names, output } from './bundlers/program.js'

/**
 * The functions that are called here of the bundlers, whose packages and types are installed on first use.
 * @typedef {{
 *   esbuild: { build(options: object): Promise<unknown> },
 *   webpack: { default(options: object, done: (error: Error | null, stats: Stats) => void): void },
 *   rollup: { rollup(options: object): Promise<Rolled> },
 *   vite: { build(options: object): Promise<unknown> },
 *   postject: {
 *     inject(file: string, name: string, bytes: Buffer, options: object): Promise<void>,
 *   },
 *   '@rollup/plugin-commonjs': { default(): unknown },
 *   '@rollup/plugin-node-resolve': { default(options: object): unknown },
 *   '@vercel/ncc': { default(from: string, options: object): Promise<Compiled> },
 *   '@vercel/nft': {
 *     nodeFileTrace(files: string[], options: object): Promise<{ fileList: Set<string> }>,
 *   },
 * }} Modules
 * @typedef {{ hasErrors(): boolean, toString(options: object): string }} Stats
 * @typedef {{ write(options: object): Promise<unknown>, close(): Promise<void> }} Rolled
 * @typedef {{ source: string | Buffer, permissions: number }} Asset
 * @typedef {{ code: string, assets: Record<string, Asset> }} Compiled
 *
 * @typedef {'esm' | 'cjs'} Format
 * @typedef {{ from: string, to: string, external: string[], format: Format, esm: boolean }} Job
 *
 * @typedef {object} Tool
 * @property {keyof Modules} tool
 * @property {Format[]} formats
 * @property {(modules: Modules, job: Job) => Promise<unknown>} build
 *
 * @typedef {{ app: string, modules: Modules, versions: Record<string, string> }} Packed
 */

/**
 * Bundlers, each called to write `to` without what is `external`.
 * @type {Tool[]}
 */
const tools = [
  {
    tool: 'esbuild',
    formats: ['esm', 'cjs'],
    build: ({ esbuild }, { from, to, external, format }) =>
      esbuild.build({
        entryPoints: [from],
        outfile: to,
        bundle: true,
        platform: 'node',
        format,
        external,
        logLevel: 'silent',
      }),
  },
  {
    tool: 'webpack',
    formats: ['esm', 'cjs'],
    async build({ webpack }, { from, to, external, esm }) {
      const output = {
        path: dirname(to),
        filename: basename(to),
        ...(esm && { module: true, chunkFormat: 'module' }),
      }
      const externals = Object.fromEntries(
        external.map(name => [name, `${esm ? 'module' : 'commonjs'} ${name}`]),
      )
      const options = {
        mode: 'production',
        target: 'node20',
        entry: from,
        output,
        externals,
        experiments: { outputModule: esm },
      }
      /** @type {Stats} */
      const stats = await new Promise((resolve, reject) =>
        webpack.default(options, (error, stats) =>
          error === null ? resolve(stats) : reject(error),
        ),
      )
      if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
    },
  },
  {
    tool: 'rollup',
    formats: ['esm', 'cjs'],
    async build(
      { rollup, '@rollup/plugin-commonjs': commonjs, '@rollup/plugin-node-resolve': resolve },
      { from, to, external, format },
    ) {
      const plugins = [
        resolve.default({ exportConditions: ['node'], preferBuiltins: true }),
        commonjs.default(),
      ]
      const bundle = await rollup.rollup({
        input: from,
        external: [/^node:/, ...external],
        plugins,
        logLevel: 'silent',
      })
      await bundle.write({ file: to, format, inlineDynamicImports: true })
      await bundle.close()
    },
  },
  {
    tool: 'vite',
    formats: ['esm', 'cjs'],
    build: ({ vite }, { from, to, external, format }) =>
      vite.build({
        root: dirname(from),
        configFile: false,
        logLevel: 'silent',
        build: {
          ssr: from,
          outDir: dirname(to),
          target: 'node20',
          rollupOptions: { output: { format, entryFileNames: basename(to) } },
        },
        ssr: external.length > 0 ? { external } : { noExternal: true },
      }),
  },
  {
    tool: '@vercel/ncc',
    formats: ['esm', 'cjs'],
    async build({ '@vercel/ncc': ncc }, { from, to, external, esm }) {
      const { code, assets } = await ncc.default(from, {
        externals: external,
        cache: false,
        quiet: true,
        esm,
      })
      mkdirSync(dirname(to), { recursive: true })
      writeFileSync(to, code)
      for (const [name, { source, permissions }] of Object.entries(assets)) {
        const file = join(dirname(to), name)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, source, { mode: permissions })
      }
    },
  },
]

/** @type {Record<Format, string>} */
const extension = { esm: 'mjs', cjs: 'cjs' }
const imported = `import { ${names} } from 'wasi-common'\n`
/** @type {Record<Format, string>} */
const sources = {
  esm: imported + body(),
  cjs: `const { ${names} } = require('wasi-common')\n${body()}`,
}

/**
 * Both streams of a program, however it ends.
 * @type {(program: string, args: string[], options: { cwd: string }) => Promise<string>}
 */
const printed = (program, args, options) =>
  new Promise(resolve =>
    execFile(
      program,
      args,
      { encoding: 'utf8', timeout: 120_000, ...options },
      (error, stdout, stderr) =>
        resolve(error === null ? stdout : `${stdout}${stderr}${error.signal ?? ''}`),
    ),
  )

/**
 * Says if all parts work, with those that this program has, too.
 * @type {(...more: string[]) => (text: string) => boolean}
 */
const works =
  (...more) =>
  text =>
    text === output(more)

/**
 * Says if the error is the first one, and has the option of this bundler. Node prints the line that
 * threw before it.
 * @type {(tool?: string) => (text: string) => boolean}
 */
const refusal =
  (tool = 'others') =>
  text => {
    const [, error = ''] = /^(Error: .*)/ms.exec(text) ?? []
    return (
      /^Error: wasi-common cannot be bundled: mark it external\./.test(error) &&
      error.includes(`\n  ${basename(tool)}`)
    )
  }

/**
 * A program that imports a file, and prints only its error.
 * @param {string} file
 */
const caught = file =>
  `import(${JSON.stringify(pathToFileURL(file))}).catch(error => console.log(String(error)))`

/**
 * Counts a fault for each output that is not as it should be, and tells if there was one.
 * @param {{ expect: import('../pack-check.js').Context['expect'], nodes: { name: string }[] }}
 *   context
 * @param {string} what
 * @param {string[]} said
 * @param {(text: string) => boolean} good
 */
function judge({ expect, nodes }, what, said, good) {
  for (const [i, text] of said.entries())
    expect(good(text), `${what}, ${nodes[i]?.name}: it prints\n${text.slice(-2000)}`)
  return said.every(good)
}

/**
 * @param {import('../pack-check.js').Context} context
 * @param {Packed} packed
 */
async function bundled(context, { app, modules, versions }) {
  /** @type {import('../pack-check.js').Cell[]} */
  const rows = []
  for (const { tool, formats, build } of tools)
    for (const format of formats) {
      const row = `${tool} ${versions[tool]}, ${format}`
      const file = `main.${extension[format]}`
      for (const { column, external, good, cell } of [
        { column: 'external', external: ['wasi-common'], good: works(), cell: 'works' },
        {
          column: 'bundled in',
          external: [],
          good: refusal(tool),
          cell: 'refused at first use',
        },
      ]) {
        const to = join(app, `${basename(tool)}-${format}-${column.replace(' ', '-')}`, file)
        await build(modules, { from: join(app, file), to, external, format, esm: format === 'esm' })
        // Node prints the line that threw as well, which in a bundle is longer than a pipe holds.
        const words = external.length > 0 ? [to] : ['-e', caught(to)]
        const said = await Promise.all(
          context.nodes.map(({ node }) => printed(node, words, { cwd: app })),
        )
        rows.push({
          row,
          column,
          cell: judge(context, `${row}, ${column}`, said, good) ? cell : 'fails',
        })
      }
    }
  return rows
}

/**
 * By Node itself from 25.5 on.
 * @param {string} version
 */
const buildsItself = version => {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  return major > 25 || (major === 25 && minor >= 5)
}
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/**
 * One executable for both: its argument names the program.
 * @param {import('../pack-check.js').Context} context
 * @param {Packed} packed
 */
async function singles(context, { app, modules: { esbuild, postject }, versions }) {
  // Elsewhere an executable is signed anew, by tools that npm does not have.
  if (process.platform !== 'linux') return []
  /** @type {import('../pack-check.js').Cell[]} */
  const rows = []
  for (const { node, version, name } of context.nodes) {
    /** @param {string} file */
    const path = file => join(app, `single-${version}-${file}`)
    const [main, config, sea] = [path('main.cjs'), path('config.json'), path('application')]
    // An application has no other way to its modules: the `require` of a single executable knows
    // only what is built in.
    const load = `const { ${names} } = require('node:module').createRequire(process.execPath)('wasi-common')\n`
    const more = {
      application:
        "() => run(guest, { isolation: 'process' }).catch(({ code }) => (code === 'ERR_WASI_NO_NODE' ? 42 : code))",
    }
    const external = load + body({ execPath: JSON.stringify(node), more })
    writeFileSync(
      main,
      `if (process.argv[2] === 'bundled') require('./main.cjs')\nelse {\n${external}}\n`,
    )
    await esbuild.build({
      entryPoints: [main],
      outfile: main,
      allowOverwrite: true,
      bundle: true,
      platform: 'node',
      logLevel: 'silent',
    })
    const own = buildsItself(version)
    writeFileSync(
      config,
      JSON.stringify({
        main,
        output: own ? sea : `${sea}.blob`,
        disableExperimentalSEAWarning: true,
      }),
    )
    await context.run(
      `${name}: a single executable`,
      node,
      [own ? '--build-sea' : '--experimental-sea-config', config],
      { cwd: app },
    )
    if (!own) {
      copyFileSync(node, sea)
      chmodSync(sea, 0o755)
      await postject.inject(sea, 'NODE_SEA_BLOB', readFileSync(`${sea}.blob`), {
        sentinelFuse: fuse,
      })
    }
    const row = own
      ? 'single executable, node --build-sea'
      : `single executable, postject ${versions.postject}`
    for (const { column, argument, good, cell } of [
      { column: 'external', argument: 'external', good: works('application'), cell: 'works' },
      {
        column: 'bundled in',
        argument: 'bundled',
        good: refusal(),
        cell: 'refused at first use',
      },
    ]) {
      const said = await printed(sea, [argument], { cwd: app })
      rows.push({
        row,
        column,
        cell: judge({ ...context, nodes: [{ name }] }, `${row}, ${column}`, [said], good)
          ? cell
          : 'fails',
      })
    }
  }
  return rows
}

const command = `() => spawnSync(
    process.execPath,
    [fileURLToPath(new URL('./node_modules/wasi-common/dist/bundle/cli.js', import.meta.url)), 'run', '-'],
    { input: guest },
  ).status`

/**
 * The traced files alone, in another folder: the one that was traced is no longer there.
 * @param {import('../pack-check.js').Context} context
 * @param {Packed} packed
 */
async function traced(context, { app, modules, versions }) {
  const { work, names: packed, nodes, record, expect } = context
  const more = { register: '() => (Registered === WASI ? 42 : 1)', command }
  const first = `import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import 'wasi-common/register'
`
  writeFileSync(
    join(app, 'traced.mjs'),
    `${first}import { WASI as Registered } from 'node:wasi'\n${imported}${body({ more })}`,
  )
  // A process registers once, so this one is traced and not run.
  const doors = Object.keys(record.exports).filter(name => !name.endsWith('.json'))
  writeFileSync(
    join(app, 'doors.mjs'),
    doors.map(name => `import '${posix.join('wasi-common', name)}'\n`).join(''),
  )
  const { fileList } = await modules['@vercel/nft'].nodeFileTrace(
    ['traced.mjs', 'doors.mjs'].map(name => join(app, name)),
    { base: app },
  )
  const found = new Set([...fileList].map(file => file.replaceAll('\\', '/')))
  const row = `@vercel/nft ${versions['@vercel/nft']}`
  const wanted = packed.filter(name =>
    /^dist\/bundle\/.*\.js$|^prebuilds\/.*\/|^package\.json$/.test(name),
  )
  const missing = wanted.filter(name => !found.has(`node_modules/wasi-common/${name}`))
  expect(missing.length === 0, `${row} does not find ${missing.join(', ')}`)
  const alone = join(work, 'traced')
  for (const file of found) {
    mkdirSync(dirname(join(alone, file)), { recursive: true })
    cpSync(join(app, file), join(alone, file))
  }
  renameSync(app, join(work, 'away'))
  const said = await Promise.all(
    nodes.map(({ node }) => printed(node, ['--no-warnings', 'traced.mjs'], { cwd: alone })),
  )
  const good = judge(context, row, said, works('register', 'command'))
  return [
    {
      row,
      column: 'external',
      cell: good && missing.length === 0 ? 'works from the traced files' : 'fails',
    },
  ]
}

/** @type {import('../pack-check.js').Part} */
export async function bundlers(context) {
  const folder = await context.tools('bundlers')
  const { resolve } = createRequire(join(folder, 'one.cjs'))
  /** @type {{ dependencies: Record<keyof Modules, string> }} */
  const { dependencies } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'))
  /** @type {Partial<Record<string, object>>} */
  const loaded = {}
  for (const name of Object.keys(dependencies))
    loaded[name] = await import(pathToFileURL(resolve(name)).href)
  const modules = /** @type {Modules} */ (loaded)
  const versions = Object.fromEntries(
    Object.keys(dependencies).map(name => {
      const record = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
      return [name, String(record.version)]
    }),
  )
  const app = join(context.work, 'app')
  await context.install(process.execPath, app)
  for (const format of /** @type {const} */ (['esm', 'cjs']))
    writeFileSync(join(app, `main.${extension[format]}`), sources[format])
  const packed = { app, modules, versions }
  const rows = [
    ...(await bundled(context, packed)),
    ...(await singles(context, packed)),
    ...(await traced(context, packed)),
  ]
  return rows.map(row => ({ table: 'Bundler', ...row }))
}

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

/** Bundlers, each called to write `to` without what is `external`. */
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
      const done = (resolve, reject) =>
        webpack.default(options, (error, stats) =>
          error === null ? resolve(stats) : reject(error),
        )
      const stats = await new Promise(done)
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

const extension = { esm: 'mjs', cjs: 'cjs' }
const imported = `import { ${names} } from 'wasi-common'\n`
const sources = {
  esm: imported + body(),
  cjs: `const { ${names} } = require('wasi-common')\n${body()}`,
}

/** Both streams of a program, however it ends. */
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
 * The error is the first one, and has the option of this bundler. Node prints the line that threw
 * before it.
 */
function refused(text, tool = 'others') {
  const [, error = ''] = /^(Error: .*)/ms.exec(text) ?? []
  return (
    /^Error: wasi-common cannot be bundled: mark it external\./.test(error) &&
    error.includes(`\n  ${basename(tool)}`)
  )
}

/** Counts a fault for each output that is not as it should be, and tells if there was one. */
function judge({ expect, nodes }, what, said, good) {
  for (const [i, text] of said.entries())
    expect(good(text), `${what}, ${nodes[i].name}: it prints\n${text.slice(-2000)}`)
  return said.every(good)
}

async function bundled(context, { app, modules, versions }) {
  const rows = []
  for (const { tool, formats, build } of tools)
    for (const format of formats) {
      const row = `${tool} ${versions[tool]}, ${format}`
      const file = `main.${extension[format]}`
      for (const [column, external, good, cell] of [
        ['external', ['wasi-common'], text => text === output(), 'works'],
        ['bundled in', [], text => refused(text, tool), 'refused at first use'],
      ]) {
        const to = join(app, `${basename(tool)}-${format}-${column.replace(' ', '-')}`, file)
        await build(modules, { from: join(app, file), to, external, format, esm: format === 'esm' })
        const said = await Promise.all(
          context.nodes.map(({ node }) => printed(node, [to], { cwd: app })),
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

/** By Node itself from 25.5 on. */
const buildsItself = version => {
  const [major, minor] = version.slice(1).split('.').map(Number)
  return major > 25 || (major === 25 && minor >= 5)
}
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** One executable for both: its argument names the program. */
async function singles(context, { app, modules: { esbuild, postject }, versions }) {
  // Elsewhere an executable is signed anew, by tools that npm does not have.
  if (process.platform !== 'linux') return []
  const rows = []
  for (const { node, version, name } of context.nodes) {
    const [main, config, sea] = ['main.cjs', 'config.json', 'application'].map(file =>
      join(app, `single-${version}-${file}`),
    )
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
    for (const [column, argument, good, cell] of [
      ['external', 'external', text => text === output(['application']), 'works'],
      ['bundled in', 'bundled', text => refused(text), 'refused at first use'],
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

/** The traced files alone, in another folder: the one that was traced is no longer there. */
async function traced(context, { app, modules, versions }) {
  const { work, names: packed, nodes, record, expect } = context
  const more = { register: '() => (Registered === WASI ? 42 : 1)', command }
  const first = `import { spawnSync } from 'node:child_process'\nimport { fileURLToPath } from 'node:url'\nimport 'wasi-common/register'\n`
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
  const good = judge(context, row, said, text => text === output(['register', 'command']))
  return [
    {
      row,
      column: 'external',
      cell: good && missing.length === 0 ? 'works from the traced files' : 'fails',
    },
  ]
}

export async function bundlers(context) {
  const folder = await context.tools('bundlers')
  const { resolve } = createRequire(join(folder, 'one.cjs'))
  const [modules, versions] = [{}, {}]
  for (const name of Object.keys(
    JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')).dependencies,
  )) {
    modules[name] = await import(pathToFileURL(resolve(name)))
    versions[name] = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version
  }
  const app = join(context.work, 'app')
  await context.install(context.nodes[0].node, app)
  for (const [format, source] of Object.entries(sources))
    writeFileSync(join(app, `main.${extension[format]}`), source)
  const packed = { app, modules, versions }
  const rows = [
    ...(await bundled(context, packed)),
    ...(await singles(context, packed)),
    ...(await traced(context, packed)),
  ]
  return rows.map(row => ({ table: 'Bundler', ...row }))
}

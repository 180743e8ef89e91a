// Installs a package that depends on preview2-shim, by npm with an override that leads the shim
// here, from a registry of this machine. Its transpiled component prints by this package.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { componentNew, preview1AdapterCommandPath, transpile } from '@bytecodealliance/jco'
import { hello } from './consumers.js'
import { serve } from './registry.js'

const shim = '@bytecodealliance/preview2-shim'
const dependent = {
  name: 'hello-component',
  version: '1.0.0',
  type: 'module',
  exports: './hello.js',
  dependencies: { [shim]: '^0.26.0' },
}

/** The files of a transpiled component, unchanged, by their names. */
async function component() {
  const adapter = readFileSync(preview1AdapterCommandPath())
  const bytes = await componentNew(Buffer.from(hello, 'base64'), [
    ['wasi_snapshot_preview1', adapter],
  ])
  const { files } = await transpile(bytes, { name: 'hello', noTypescript: true, quiet: true })
  return files
}

/** @type {import('../pack-check.js').Part} */
export async function overrides({ tarball, record, work, npm, nodes, bare, run, expect }) {
  const folder = join(work, 'hello')
  for (const [name, bytes] of Object.entries(await component())) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(dependent))
  await run('npm pack', process.execPath, [npm, 'pack', '--pack-destination', work], {
    cwd: folder,
  })
  const file = join(work, `${dependent.name}-${dependent.version}.tgz`)
  const { url, close } = await serve([
    { record, file: tarball },
    { record: dependent, file },
  ])
  try {
    for (const { node, version } of nodes) {
      const app = join(work, version)
      mkdirSync(app)
      writeFileSync(
        join(app, 'package.json'),
        JSON.stringify({
          name: 'app',
          type: 'module',
          dependencies: { [dependent.name]: dependent.version },
          overrides: { [shim]: `npm:${record.name}@${record.version}` },
        }),
      )
      writeFileSync(
        join(app, 'app.js'),
        `import { run } from '${dependent.name}'
run.run()
console.log(import.meta.resolve('${shim}/cli').includes('/dist/bundle/preview2/cli'))
`,
      )
      const env = bare(node, join(work, `${version} home`))
      const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent']
      const from = [`--registry=${url}`, `--cache=${join(work, `${version} cache`)}`]
      await run(`${version}: npm install`, node, [npm, 'install', ...flags, ...from], {
        cwd: app,
        env,
      })
      const said = await run(`${version}: override`, node, ['app.js'], { cwd: app, env })
      expect(said === 'hello from a guest\ntrue\n', `${version}: an override prints ${said}`)
    }
  } finally {
    await close()
  }
}

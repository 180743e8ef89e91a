// Installs what test/packaging/clients.test.ts uses: packages for wasm32, which a processor of another kind does not get by itself.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../test/clients/', import.meta.url))
const time = name => (existsSync(folder + name) ? statSync(folder + name).mtimeMs : 0)

if (time('node_modules/.package-lock.json') <= Math.max(time('package-lock.json'), time('package.json'))) {
  // Its .npmrc asks for the builds of wasm32; there are no scripts of these packages that anybody wants.
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
}

/** The JavaScript of README.md and docs/ runs as it is, and so does the command of README.md. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { componentOf, transpileTo } from '#guests/components.js'
import { assemble, command, param, write } from '../wasm.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Pages whose blocks are parts of a larger program, with the command that runs it. */
const elsewhere: Readonly<Record<string, string>> = {
  'docs/bundlers.md': 'npm run pack-check',
  'docs/http.md': 'ava dist-test/test/examples/http.test.js',
  'docs/queue.md': 'npm run test:queue',
}

/** A page's blocks of JavaScript, each with the output that the page has for it. */
const blocksOf = (page: string) =>
  [
    ...fs
      .readFileSync(join(root, page), 'utf8')
      .matchAll(/^```js\n(.*?)^```\n(?:Prints:\n```\n(.*?)^```)?/gms),
  ].map(([, code, printed]) => ({ code, printed }))

const exported =
  'createGuest, instantiate, lines, MemoryFiles, Pool, run, RunError, spawn, WASI'.split(', ')

/** A block with the names that it takes from its page's context. */
function programOf(code: string): string {
  const missing = exported.filter(name => !new RegExp(`import .*\\b${name}\\b`).test(code))
  return `import { ${missing.join(', ')} } from 'wasi-common'
import { createWriteStream } from 'node:fs'
${code.includes('readFileSync }') ? '' : "import { readFileSync } from 'node:fs'"}
const bytes = readFileSync('program.wasm')
const handle = () => {}
const input = 'text'
${code}`
}

/** A folder in which a block finds what it names. */
function populate(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  for (const name of ['data', 'assets', 'src', 'secrets', 'node_modules'])
    fs.mkdirSync(join(folder, name))
  fs.writeFileSync(join(folder, 'secrets/key.pem'), 'key')
  fs.symlinkSync(root, join(folder, 'node_modules/wasi-common'), 'junction')
  const program = command(write(1, 16, 3), { data: { 16: '{}\n' } })
  for (const name of ['program', 'server', 'hello'])
    fs.writeFileSync(join(folder, `${name}.wasm`), program)
  const functions = {
    malloc: { params: ['i32'], results: ['i32'], body: [1024] },
    hash: { params: ['i32', 'i32'], results: ['i32'], body: [param(0)] },
  } as const
  fs.writeFileSync(join(folder, 'plugin.wasm'), assemble({ functions }))
  const imports = blocksOf('docs/imports.md').find(({ code }) => code.startsWith('// imports.js'))
  fs.writeFileSync(join(folder, 'imports.js'), imports?.code ?? '')
  fs.writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

/** Adds a component, and the files into which jco transpiles it for an embedder. */
async function populateComponents(folder: string): Promise<void> {
  const component = await componentOf(fs.readFileSync(join(folder, 'program.wasm')))
  fs.writeFileSync(join(folder, 'program.component.wasm'), component)
  await transpileTo(join(folder, 'program'), component, { instantiation: true })
}

/** Block declarations of Node 24 that older parsers refuse. */
const needsUsing = (code: string): boolean => /^await using /m.test(code)
const hasUsing = ((): boolean => {
  try {
    new Function('return async () => { await using x = null }')
    return true
  } catch {
    return false
  }
})()

const pages = [
  'README.md',
  ...fs
    .readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

/** Pages for one system alone. */
const linux = ['docs/os-sandbox.md']
const here = (page: string): boolean => process.platform === 'linux' || !linux.includes(page)

for (const page of pages.filter(page => !Object.hasOwn(elsewhere, page) && here(page)))
  for (const [i, { code, printed }] of blocksOf(page).entries())
    test(`code block ${i + 1} of ${page} runs without an error`, async t => {
      const folder = populate(t)
      if (page === 'docs/components.md') await populateComponents(folder)
      const text = hasUsing || !needsUsing(code) ? code : code.replace(/^await using /gm, 'const ')
      fs.writeFileSync(join(folder, 'block.js'), `${programOf(text)}\nprocess.exit(0)\n`)
      const { status, stdout, stderr } = spawnSync(process.execPath, ['block.js'], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 60_000,
      })
      t.is(status, 0, stderr)
      if (printed !== undefined) t.is(stdout, printed)
    })

test('the command of README.md runs', t => {
  const [, line] =
    /^npx wasi-common (.*)$/m.exec(fs.readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, 'dist/bundle/cli.js'), ...line.split(' ')],
    { cwd: populate(t), encoding: 'utf8' },
  )
  t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '{}\n', stderr: '' })
})

test('README.md fits on a page: at most 140 lines and 1,200 words', t => {
  const text = fs.readFileSync(join(root, 'README.md'), 'utf8')
  t.true(text.split('\n').length <= 141)
  t.true(text.split(/\s+/).length <= 1200)
})

test('pages whose code blocks are tested elsewhere exist', t => {
  for (const page of Object.keys(elsewhere)) t.true(blocksOf(page).length > 0, page)
})

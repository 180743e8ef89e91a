/** Uses each large client of node:wasi once and prints the outcome as one line of JSON. */
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WASI } from 'node:wasi'

// Loaders that also have a native build must fail rather than take it.
process.env.NAPI_RS_FORCE_WASI = 'error'
const require = createRequire(import.meta.url)
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'wasi-common-'))
const digest = bytes =>
  `${bytes.length} ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`

/** Writes these files below the folder. */
function write(files) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

const uses = {
  /** A production build: TypeScript, a lazy chunk, JSON, source maps, unused exports. */
  async rspack() {
    write({
      'src/main.ts':
        'import { a } from "./a"; import("./b").then(({ default: b }) => console.log(a as number, b))',
      'src/a.ts': 'export const a: number = 1; export const unused = "gone"',
      'src/b.js': 'import data from "./data.json"; export default data.list.length',
      'src/data.json': '{"list":[1,2,3]}',
    })
    const { rspack } = require('@rspack/core')
    const loader = {
      loader: 'builtin:swc-loader',
      options: { jsc: { parser: { syntax: 'typescript' } } },
    }
    const compiler = rspack({
      context: folder,
      mode: 'production',
      target: 'node',
      entry: './src/main.ts',
      devtool: 'source-map',
      output: { path: join(folder, 'out'), clean: true },
      resolve: { extensions: ['.ts', '.js'] },
      module: { rules: [{ test: /\.ts$/, ...loader }] },
    })
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats))),
    )
    const { errors } = stats.toJson({ all: false, errors: true })
    const names = readdirSync(join(folder, 'out')).sort()
    const contents = names.map(name => readFileSync(join(folder, 'out', name), 'utf8'))
    return [
      errors,
      names,
      contents.map(digest),
      contents.some(text => /"gone"/.test(text) && !text.startsWith('{"version"')),
    ]
  },

  /** In one worker, without the codecs that start threads of their own. */
  async image() {
    process.env.NAPI_RS_ASYNC_WORK_POOL_SIZE = '1'
    const { Transformer } = require('@napi-rs/image-wasm32-wasi')
    const [width, height] = [32, 24]
    const pixels = new Uint8Array(width * height * 4).map(
      (_, i) => [i % 128, i >> 7, (i * 7) & 255, 255][i % 4],
    )
    const png = Transformer.fromRgbaPixels(pixels, width, height).pngSync()
    const later = [
      await new Transformer(png).resize(16).png(),
      await new Transformer(png).resize(16).grayscale().jpeg(80),
    ]
    const now = [
      new Transformer(png).rotate().webpSync(75),
      new Transformer(png).resize(8).bmpSync(),
    ]
    const refusal = await new Transformer(Buffer.from('no image'))
      .metadata()
      .catch(({ message }) => message)
    return [
      await new Transformer(png).metadata(),
      png.length,
      [...later, ...now].map(digest),
      refusal,
    ]
  },

  /** A plug-in whose directories and null streams come from the class. */
  async extism() {
    write({
      'given/first.txt': 'the first line\nthe second\n',
      'given/second.txt': '',
      'given/sub/third.txt': '',
    })
    const { createPlugin } = await import('@extism/extism')
    const wasm = [{ data: readFileSync(process.env.WASI_COMMON_PLUGIN) }]
    const plugin = await createPlugin(
      { wasm },
      { useWasi: true, allowedPaths: { '/given': join(folder, 'given') } },
    )
    const outcomes = []
    for (const name of ['/given', '/given/sub', '/absent'])
      outcomes.push((await plugin.call('inspect', name)).string())
    await plugin.close()
    return outcomes
  },
}

// The workers of these loaders do not keep the process alive, so the main thread must while it
// waits for them.
const alive = setInterval(() => {}, 1000)
try {
  const outcome = await uses[process.argv[2]]()
  console.log(JSON.stringify({ outcome, ours: 'close' in WASI.prototype }))
} finally {
  clearInterval(alive)
  rmSync(folder, { recursive: true, force: true })
}
process.exit(0)

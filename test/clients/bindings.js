/**
 * Uses of bindings of native packages that were built for wasm32: hashes, a dictionary,
 * compression, resolvers, compilers.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)

/**
 * A folder with packages to resolve: by conditions, by extension, by alias and through a symlink.
 */
function packages(folder) {
  const files = {
    'tsconfig.json': '{"compilerOptions":{"baseUrl":".","paths":{"@app/*":["src/*"]}}}',
    'src/main.ts': 'export {}',
    'src/index/index.js': '',
    'node_modules/one/package.json':
      '{"name":"one","exports":{".":{"import":"./one.mjs","require":"./one.cjs"}}}',
    'node_modules/one/one.mjs': '',
    'node_modules/one/one.cjs': '',
    'store/two/package.json': '{"name":"two","main":"lib/two.js","type":"module"}',
    'store/two/lib/two.js': '',
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  symlinkSync('../store/two', join(folder, 'node_modules/two'))
}

/** Each request's path below the folder, or its error with the folder's name taken out. */
async function resolutions({ ResolverFactory }, folder) {
  packages(folder)
  const options = {
    extensions: ['.ts', '.js'],
    conditionNames: ['import'],
    alias: { short: [join(folder, 'src')] },
  }
  const resolver = new ResolverFactory({
    ...options,
    tsconfig: { configFile: join(folder, 'tsconfig.json') },
  })
  const requests = [
    './src/main',
    './src/index',
    'one',
    'two',
    'short/main',
    '@app/main',
    'absent',
    './absent.js',
  ]
  const outcome = ({ path, error }) => (path ?? error).replaceAll(folder, '')
  const sync = requests.map(request => outcome(resolver.sync(folder, request)))
  const later = await Promise.all(
    requests.map(async request => outcome(await resolver.async(folder, request))),
  )
  const cjs = resolver
    .cloneWithOptions({ ...options, conditionNames: ['require'] })
    .sync(folder, 'one')
  return [sync, later.join() === sync.join(), outcome(cjs)]
}

export const bindings = {
  xxhash() {
    const { xxh32, xxh64, xxh3, Xxh64 } = require('@node-rs/xxhash-wasm32-wasi')
    const streamed = new Xxh64(0n)
    for (let i = 0; i < 100; i++) streamed.update(Buffer.alloc(1 << 14, i))
    const numbers = [xxh64('hello'), xxh3.xxh64('hello'), xxh3.xxh128('hello'), streamed.digest()]
    return [xxh32('hello', 0), ...numbers.map(String)]
  },

  bcrypt() {
    const { genSaltSync, hashSync, verifySync } = require('@node-rs/bcrypt-wasm32-wasi')
    const salted = hashSync('password', 4, Buffer.alloc(16, 7))
    // Salts come from the guest's random_get.
    const [first, second] = [hashSync('secret', 4), hashSync('secret', 4)]
    const verdicts = [
      verifySync('password', salted),
      verifySync('secret', first),
      verifySync('wrong', second),
    ]
    return [salted, genSaltSync(4).length, first !== second, ...verdicts]
  },

  jieba() {
    const { Jieba } = require('@node-rs/jieba-wasm32-wasi')
    const jieba = Jieba.withDict(
      Buffer.from('南京市 2000 ns\n长江大桥 2000 n\n市长 10 n\n长江 100 ns\n大桥 100 n\n'),
    )
    const text = '南京市长江大桥'
    return [
      jieba.cut(text),
      jieba.cutAll(text).length,
      jieba.tag(text),
      jieba.cutForSearch(text, true),
    ]
  },

  async snappy() {
    const {
      compress,
      compressSync,
      uncompress,
      uncompressSync,
    } = require('@napi-rs/snappy-wasm32-wasi')
    const text = 'the same line again\n'.repeat(50_000)
    const small = compressSync(text)
    const many = await Promise.all([1, 2, 3, 4, 5, 6].map(n => compress(Buffer.alloc(n << 16, n))))
    const back = await Promise.all(many.map(bytes => uncompress(bytes)))
    let refusal
    try {
      uncompressSync(Buffer.from('no snappy'))
    } catch (error) {
      refusal = error.message
    }
    return [
      small.length,
      uncompressSync(small, { asBuffer: false }) === text,
      many.map(({ length }) => length),
      back.map(({ length }) => length),
      refusal,
    ]
  },

  unrs(folder) {
    return resolutions(require('@unrs/resolver-binding-wasm32-wasi'), folder)
  },

  oxcResolver(folder) {
    return resolutions(require('@oxc-resolver/binding-wasm32-wasi'), folder)
  },

  async transform() {
    const {
      isolatedDeclarationSync,
      transform,
      transformSync,
    } = require('@oxc-transform/binding-wasm32-wasi')
    const source =
      'enum Color { Red }\nexport const view = (p: Color): unknown => <p>{p ?? Color.Red}</p>'
    const { code, errors, map } = transformSync('a.tsx', source, {
      target: 'es2019',
      sourcemap: true,
    })
    const many = await Promise.all(
      [1, 2, 3, 4, 5].map(n => transform(`b${n}.ts`, `{ let x: number = ${n} }`.repeat(200))),
    )
    const broken = transformSync('c.ts', 'let = ;').errors.length
    const declared = isolatedDeclarationSync(
      'd.ts',
      'export const f = (x: number): string => String(x)',
    ).code
    return [code, errors, map?.sources, many.map(({ code }) => code.length), broken > 0, declared]
  },

  async minify() {
    const { minify, minifySync } = require('@oxc-minify/binding-wasm32-wasi')
    const source =
      'function add(first, second) { if (false) { return 1 } return first + second }\nconsole.log(add(1, 2), 60 * 60)'
    const many = await Promise.all(
      [1, 2, 3, 4, 5].map(n => minify(`b${n}.js`, `console.log(${n} + 1);`.repeat(200))),
    )
    const { code, map } = minifySync('a.js', source, { sourcemap: true })
    return [
      code,
      map?.mappings,
      many.map(({ code }) => code.length),
      minifySync('c.js', 'let = ;').errors.length > 0,
    ]
  },
}

/**
 * Uses each client once as its readers would, and prints what came of it: equal lines mean equal
 * behaviour.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import { bindings } from './bindings.js'

// Loaders that have a native build, too, shall fail rather than take it.
process.env.NAPI_RS_FORCE_WASI = 'error'
const require = createRequire(import.meta.url)
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'wasi-common-'))
const digest = text => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** A tar archive of one file, made by hand. */
function archive(name, content) {
  const header = Buffer.alloc(512)
  const fields = [
    [name, 0],
    ['0000644\0', 100],
    ['0000000\0', 108],
    ['0000000\0', 116],
    [`${content.length.toString(8).padStart(11, '0')}\0`, 124],
    ['00000000000\0', 136],
    ['        ', 148],
    ['0', 156],
    ['ustar\x0000', 257],
  ]
  for (const [text, at] of fields) header.write(text, at)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc(1024 + 512 - content.length)])
}

const uses = {
  ...bindings,

  crc32() {
    const { crc32, crc32c } = require('@node-rs/crc32-wasm32-wasi')
    return [crc32('hello'), crc32c('hello'), crc32(Buffer.alloc(1 << 20, 7))]
  },

  /**
   * Runs in one worker: after a worker has grown the memory that they share, `memory.fill` in
   * another may trap for a moment, on every V8.
   */
  async argon2() {
    process.env.NAPI_RS_ASYNC_WORK_POOL_SIZE = '1'
    const { hash, hashRaw, verify, verifySync } = require('@node-rs/argon2-wasm32-wasi')
    const cheap = { memoryCost: 1024, timeCost: 1 }
    const raw = [1, 2, 3, 4, 5, 6].map(n =>
      hashRaw(`password ${n}`, { ...cheap, parallelism: 2, salt: Buffer.alloc(16, n) }),
    )
    const secret = await hash('secret', cheap)
    const digests = (await Promise.all(raw)).map(bytes => bytes.toString('hex').slice(0, 16))
    return [
      digests,
      await verify(secret, 'secret'),
      await verify(secret, 'wrong'),
      verifySync(secret, 'secret'),
    ]
  },

  oxide() {
    writeFileSync(join(folder, 'a.html'), '<div class="flex p-4 text-red-500 hover:underline">')
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub/b.js'), 'export default "grid bg-[#123]"')
    const { Scanner } = require('@tailwindcss/oxide-wasm32-wasi')
    const scanner = new Scanner({ sources: [{ base: folder, pattern: '**/*', negated: false }] })
    return [
      scanner.scan().sort(),
      scanner.files.map(file => file.slice(folder.length)).sort(),
      scanner.globs.length,
    ]
  },

  tar() {
    const { Archive } = require('@napi-rs/tar-wasm32-wasi')
    const file = join(folder, 'a.tar')
    writeFileSync(file, archive('hello.txt', 'world'))
    return [...new Archive(file).entries()].map(entry => entry.path())
  },

  async oxc() {
    const { parse, parseSync } = await import('oxc-parser')
    const { program } = parseSync('a.ts', 'const x: number = 1; export { x }')
    const many = await Promise.all(
      [1, 2, 3, 4, 5].map(n => parse(`b${n}.js`, `f(${n});`.repeat(200))),
    )
    return [
      program.body.map(({ type }) => type),
      many.map(({ program }) => program.body.length),
      parseSync('c.js', 'let = ;').errors.length > 0,
    ]
  },

  async rolldown() {
    mkdirSync(join(folder, 'src'))
    writeFileSync(
      join(folder, 'src/main.js'),
      'import { a } from "./a.js"; import b from "./b.ts"; console.log(a, b)',
    )
    writeFileSync(join(folder, 'src/a.js'), 'export const a = 1; export const unused = 2')
    writeFileSync(join(folder, 'src/b.ts'), 'const b: string = "two"; export default b')
    const { rolldown } = await import('rolldown')
    const bundle = await rolldown({ input: join(folder, 'src/main.js'), cwd: folder })
    const { output } = await bundle.write({ dir: join(folder, 'out'), format: 'esm' })
    await bundle.close()
    const written = readFileSync(join(folder, 'out/main.js'), 'utf8')
    return [output.map(({ fileName }) => fileName), digest(written), written.includes('unused')]
  },

  /**
   * One by the package's own helper, which constructs the class; one on an instance made here,
   * since the helper gives no folders.
   */
  async ruby() {
    const module = new WebAssembly.Module(
      readFileSync(require.resolve('@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm')),
    )
    const { DefaultRubyVM } = await import('@ruby/wasm-wasi/dist/node')
    const { vm, wasi: own } = await DefaultRubyVM(module, { env: { GREETING: 'salut' } })
    const helped = vm.eval(
      "require 'json'; JSON.generate([RUBY_PLATFORM, ENV.to_h, [3, 1, 2].sort, 'é'.bytes, Dir.exist?('/work')])",
    )

    const { RubyVM } = await import('@ruby/wasm-wasi')
    mkdirSync(join(folder, 'work'))
    writeFileSync(join(folder, 'work/in.txt'), 'one\ntwo\n')
    const wasi = new WASI({
      version: 'preview1',
      args: ['ruby.wasm'],
      preopens: { '/work': join(folder, 'work') },
      returnOnExit: true,
    })
    const { vm: ruby } = await RubyVM.instantiateModule({ module, wasip1: wasi })
    const filed = ruby.eval(`
      require 'json'
      require 'digest'
      Dir.mkdir('/work/sub')
      File.write('/work/sub/out.txt', File.readlines('/work/in.txt', chomp: true).reverse.join(' '))
      File.rename('/work/in.txt', '/work/sub/moved.txt')
      missing = begin; File.read('/work/in.txt'); rescue => error; error.class.to_s; end
      JSON.generate([Dir.glob('/work/**/*').sort, File.size('/work/sub/out.txt'), Digest::SHA256.file('/work/sub/moved.txt').hexdigest, missing])`)
    const there = readFileSync(join(folder, 'work/sub/out.txt'), 'utf8')
    return [JSON.parse(helped.toString()), JSON.parse(filed.toString()), there, own instanceof WASI]
  },
}

// The workers of these loaders do not keep the process alive, so the main thread must while it
// waits for them.
const alive = setInterval(() => {}, 1000)
const [, , name] = process.argv
try {
  const outcome = await uses[name](folder)
  console.log(JSON.stringify({ outcome, ours: 'close' in WASI.prototype }))
} finally {
  clearInterval(alive)
  rmSync(folder, { recursive: true, force: true })
}
process.exit(0)

/** docs/errors.md, and that it has each code that the package throws. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { page, rows } from './errors-page.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Codes of Node that the package looks for, and does not throw. */
const recognized = [
  'ERR_DLOPEN_DISABLED',
  'ERR_DLOPEN_FAILED',
  'ERR_PARSE_ARGS_UNKNOWN_OPTION',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_WORKER_INIT_FAILED',
  'ERR_WORKER_INVALID_EXEC_ARGV',
  'ERR_WORKER_OUT_OF_MEMORY',
]
const named = new Set(
  ['lib', 'native', 'scripts']
    .flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name =>
        join(root, folder, name),
      ),
    )
    .filter(
      name =>
        /\.(ts|cc|h)$|scripts.bundle\.js$/.test(name) &&
        !/node_modules|error-codes\.ts$/.test(name),
    )
    .flatMap(name => readFileSync(name, 'utf8').match(/\bERR_[A-Z]\w*[A-Z]\b/g) ?? []),
)

test('docs/errors.md is made from the table of codes', t => {
  const written = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  t.is(written, page(), 'node dist-test/test/unit/errors-page.js writes it')
})

test('each error code of the package has a row in the table, and nothing else has', t => {
  const codes = rows.map(([code]) => code)
  t.true(named.size > 30, 'the files are really read')
  t.deepEqual(
    [...named].filter(code => !codes.includes(code)).sort(),
    [...recognized].sort(),
    'codes without a row in lib/error-codes.ts',
  )
  t.deepEqual(
    codes.filter(code => !named.has(code)),
    [],
    'rows that nothing throws',
  )
})

/**
 * Programs from npm that construct node:wasi's class, unchanged: with wasi-common/register they do
 * what they do without.
 */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { registered as flags, used } from '../use.js'

const use = fileURLToPath(new URL('../../../test/clients/use.js', import.meta.url))

/** The minimum output of each client, so that two equal failures do not pass for success. */
const expected: Readonly<Record<string, RegExp>> = {
  xxhash: /^\[4211111929,"2794345569481354659",/,
  bcrypt: /^\["\$2y\$04\$[^"]{53}",31,true,true,true,false\]$/,
  jieba: /^\[\["南京市","长江大桥"\],5,/,
  snappy: /^\[47214,true,.*,\[65536,131072,196608,262144,327680,393216\],"snappy: corrupt input/,
  unrs: /^\[\["\/src\/main\.ts",.*"\/store\/two\/lib\/two\.js".*"Cannot find module 'absent'".*\],true,"\/node_modules\/one\/one\.cjs"\]$/,
  oxcResolver:
    /^\[\["\/src\/main\.ts",.*"\/store\/two\/lib\/two\.js".*"Cannot find module 'absent'".*\],true,"\/node_modules\/one\/one\.cjs"\]$/,
  transform:
    /_jsx\(.*,\[\],\["a\.tsx"\],\[3200,3200,3200,3200,3200\],true,"export declare const f:/,
  minify:
    /^\["function add\(e,t\)\{return e\+t\}console\.log\(add\(1,2\),3600\);",".*\[3000,3000,3000,3000,3000\],true\]$/,
  crc32: /^\[907060870,2591144780,/,
  argon2: /,true,false,true\]$/,
  oxide: /"bg-\[#123\]".*"hover:underline".*\/sub\/b\.js/,
  tar: /^\["hello\.txt"\]$/,
  oxc: /^\[\["VariableDeclaration","ExportNamedDeclaration"\],\[200,200,200,200,200\],true\]$/,
  rolldown: /^\[\["main\.js"\],"[0-9a-f]{16}",false\]$/,
  ruby: /^\[\["wasm32-wasi",\{"GREETING":"salut"\},.*"Errno::ENOENT"\],"two one",true\]$/,
}
/**
 * Without these flags node:wasi cannot do it at all: before Node 24 its fast calls crash the
 * process (nodejs/node#53087).
 */
const needs: Readonly<Record<string, readonly string[]>> =
  Number(process.versions.node.split('.')[0]) < 24 ? { ruby: ['--no-turbo-fast-api-calls'] } : {}
for (const [client, pattern] of Object.entries(expected)) {
  test.serial(client, async t => {
    t.timeout(120_000)
    const plain = await used(use, client, needs[client])
    const registered = await used(use, client, flags)
    t.false(plain.ours)
    t.true(registered.ours)
    t.deepEqual(registered.outcome, plain.outcome)
    t.regex(JSON.stringify(registered.outcome), pattern)
  })
}

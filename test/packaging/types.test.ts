/**
 * The types that are published serve programs that were typed for node:wasi, and refuse mistakes.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')

/**
 * Returns the output of tsc for the programs of test/types, with this package installed beside
 * them. `change` may put a mistake into a file of it.
 */
function check(
  t: ExecutionContext,
  config: string,
  change?: { file: string; from: string; to: string },
): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-')))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  fs.cpSync(join(root, 'test/types'), folder, { recursive: true })
  const installed = join(folder, 'node_modules/wasi-common')
  fs.mkdirSync(installed, { recursive: true })
  fs.copyFileSync(join(root, 'package.json'), join(installed, 'package.json'))
  for (const name of fs.readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (/^bundle\b.*(\.d\.m?ts|package\.json)$/.test(name))
      fs.cpSync(join(root, 'dist', name), join(installed, 'dist', name))
  }
  fs.symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'))
  if (change !== undefined) {
    const path = join(installed, 'dist/bundle/types', change.file)
    const text = fs.readFileSync(path, 'utf8')
    t.true(text.includes(change.from), `${change.file} has ${change.from}`)
    fs.writeFileSync(path, text.replace(change.from, change.to))
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    // The programs show what is spoilt, and the declarations of Node take the most time.
    [tsc, '--pretty', 'false', '-p', config, '--skipLibCheck', `${change !== undefined}`],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  t.is(status === 0, stdout === '', stderr)
  return stdout
}

test('programs typed for node:wasi compile with this class, as ES modules and CommonJS', t => {
  t.is(check(t, 'tsconfig.json'), '')
})

test('the published types compile without those of browsers, by the library of ES2022', t => {
  t.is(check(t, 'tsconfig.plain.json'), '')
})

// Types that are spoilt, so that the programs are seen to notice.

const spoilt: readonly (readonly [
  what: string,
  file: string,
  from: string,
  to: string,
  reported: RegExp,
])[] = [
  ['no close', 'wasi.d.ts', 'close(): void;', '', /TS2339.*'close'/],
  [
    'start answers nothing',
    'wasi.d.ts',
    'start(instance: object): number;',
    'start(instance: object): void;',
    /TS2322.*'void'.*'number'/,
  ],
  [
    'imports that are any object',
    'wasi.d.ts',
    'getImportObject(): Record<string, Record<string, ImportFunction>>',
    'getImportObject(): object',
    /TS23\d\d/,
  ],
  [
    'no undefined for env',
    'options/options.d.ts',
    'env?: object | undefined',
    'env?: object',
    /exactOptionalPropertyTypes/,
  ],
  [
    'no undefined in preopens',
    'options/options.d.ts',
    'Preopen | undefined>>',
    'Preopen>>',
    /'undefined'/,
  ],
  [
    'any option goes',
    'options/options.d.ts',
    'interface GuestOptions extends HostOverrides {',
    'interface GuestOptions extends HostOverrides { readonly [name: string]: unknown;',
    /TS2578/,
  ],
  [
    'a host runs to no exit code',
    'preview2/host.d.ts',
    'run(code: () => unknown): number',
    'run(code: () => unknown): void',
    /TS2322.*'void'.*'number'/,
  ],
  ['no name for the guest of spawn', 'index.d.ts', 'SpawnedBy, ', '', /TS\d+.*SpawnedBy/],
  [
    'any memory goes',
    'memory.d.ts',
    'readonly buffer: ArrayBufferLike',
    'readonly buffer?: ArrayBufferLike; readonly bytes?: unknown',
    /TS2578/,
  ],
]
for (const [what, file, from, to, reported] of spoilt) {
  test(`a spoilt type is a compile error: ${what}`, t =>
    t.regex(check(t, 'tsconfig.json', { file, from, to }), reported))
}

/**
 * The house rules: the permitted imports of each room, the names that only one file may use, and
 * the description of each file in CONTRIBUTING.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const lib = join(root, 'lib')
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(
  name => name.endsWith('.ts') && !name.endsWith('.d.ts'),
)
const source = (file: string): string => readFileSync(join(lib, file), 'utf8')
/**
 * The imports of a file: relative ones as paths below lib, without their ending; others as they
 * are.
 */
const importsOf = (file: string): string[] =>
  [
    ...source(file).matchAll(
      /^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm,
    ),
  ].map(([, a, b, c]) => {
    const name = a ?? b ?? c
    return name.startsWith('.')
      ? relative(lib, resolve(lib, dirname(file), name)).replace(/\.js$/, '')
      : name
  })

/** The rooms, lowest first: a file may import from its own room and from those below. */
const floors: readonly (readonly [name: string, RegExp])[] = [
  ['abi', /^(abi\/.*|function-names|generated\/functions)$/],
  ['errors, validate', /^(brand|dictionary|error-codes|errors|nearest|validate|verdict)$/],
  ['stdio', /^stdio\//],
  ['sys', /^sys\/[\w-]+$(?<!choose)/],
  ['backends', /^sys\/(native|typescript|memfs)\//],
  ['sys/choose', /^sys\/choose$/],
  ['limits, memory', /^(limits|memory)$/],
  ['replay', /^replay\//],
  ['fds, context', /^(fds\/.*|context)$/],
  ['hostcalls, gate', /^(hostcalls\/.*|gate|generated\/imports)$/],
  ['observe', /^observe\//],
  ['options', /^options\//],
  ['guest', /^guest\//],
  ['preview2', /^(preview2\/.*|generated\/lowered)$/],
  ['wasi', /^wasi$/],
  ['run, trap', /^(run|trap)\//],
  ['index', /^index$/],
  ['cli, register', /^(cli\/.*|register|register\/.*)$/],
]
const floorOf = (file: string): number =>
  floors.findIndex(([, pattern]) => pattern.test(file.replace(/\.ts$/, '')))

test('every file of lib has a room', t => {
  t.deepEqual(
    files.filter(file => floorOf(file) < 0),
    [],
  )
})

test('imports lead to the same room or a lower one', t => {
  const up = files.flatMap(file =>
    importsOf(file)
      .filter(name => !name.includes(':') && floorOf(name) > floorOf(file))
      .map(name => `${file} -> ${name}`),
  )
  t.deepEqual(up, [])
  t.true(files.flatMap(importsOf).length > 60, 'the imports are really read')
})

/**
 * Files that only some may import, loaded when they are needed or at once. Imports of Node's
 * modules, of packages and in circles are rules of biome.json.
 */
const doors: readonly (readonly [what: RegExp, who: RegExp, why: string])[] = [
  [
    /^sys\/(native\/(sys|addon|registers)|typescript\/)/,
    /^(sys\/choose|sys\/native\/[\w-]+|sys\/typescript\/[\w-]+)\.ts$/,
    'only sys/choose names a backend; the OS sandbox is beside one',
  ],
  [
    /^sys\/choose$/,
    /^(guest\/(guest|threads)|preview2\/(default-)?host|run\/stdio\/reset-terminals|cli\/(exit|nonblocking-output|stack))\.ts$/,
    'a guest is given its backend; a run resets terminals by it; the command writes and ends by it',
  ],
]
test('restricted modules are imported only by the listed files', t => {
  for (const [what, who, why] of doors) {
    const guilty = files.filter(
      file => !who.test(file) && importsOf(file).some(name => what.test(name)),
    )
    t.deepEqual(guilty, [], why)
  }
})

test('only three files read or write multi-byte values of linear memory', t => {
  // A bare `true` in the last place is the one word that says it. The generated imports write
  // results as memory.ts would.
  const guilty = files.filter(
    file =>
      !file.startsWith('generated/') &&
      /\.[gs]et(?:Big)?(?:Int|Uint|Float)(?:16|32|64)\(.*true\)/.test(source(file)),
  )
  // A seeded generator has an order of its own, by which its bytes are the same on every machine.
  t.deepEqual(guilty.sort(), [
    'abi/layout.ts',
    'memory.ts',
    'preview2/canonical.ts',
    'replay/random.ts',
  ])
})

test('only one file instantiates modules', t => {
  const guilty = files.filter(file =>
    /new WebAssembly\.Instance\b|WebAssembly\.instantiate/.test(
      source(file).replace(/\/\*\*.*?\*\//gs, ''),
    ),
  )
  t.deepEqual(guilty, ['guest/instantiate.ts'])
})

/**
 * Ways to make, or look into, a record that has a prototype, and the files whose keys are names of
 * this package alone.
 */
const recordKeys: readonly (readonly [way: RegExp, who: readonly string[], why: string])[] = [
  [
    /Object\.fromEntries\(|Object\.groupBy\(/,
    [
      'abi/errno.ts',
      'abi/rights.ts',
      'dictionary.ts',
      'limits.ts',
      'observe/metrics.ts',
      'observe/event.ts',
    ],
    'names of errnos, rights, limits, hostcalls and their results: see dictionary.ts for names that others choose',
  ],
  [
    /Record<(?:string|HostcallName)[^=\n]*> = \{\}/,
    ['observe/metrics.ts', 'observe/event.ts'],
    'names of hostcalls and of their parameters',
  ],
  [
    /(?<![\w'"`*/ ] )\b(?:name|key|path|module|guest|wanted\.\w+) in \w+/,
    ['cli/preopens.ts'],
    'a record without a prototype, asked whether the guest has that directory',
  ],
]
test('records keyed by names that others choose have no prototype', t => {
  for (const [way, who, why] of recordKeys) {
    const found = files.filter(file =>
      way.test(source(file).replace(/^ *(?:\/\/|\*|\/\*\*).*$/gm, '')),
    )
    t.deepEqual(found.sort(), [...who].sort(), why)
  }
})

test('only addon.cc includes N-API', t => {
  const native = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' }).filter(
    name => /\.(cc|h)$/.test(name),
  )
  const seeing = native.filter(name =>
    /#include <(napi|node_api|js_native_api)/.test(
      readFileSync(join(root, 'native', name), 'utf8'),
    ),
  )
  t.deepEqual(seeing, ['addon.cc'])
})

test('every file of lib opens with a doc comment', t => {
  for (const file of files)
    t.regex(source(file).replace(/^#!.*\n/, ''), /^\/\*\*.{20,}?\*\//s, file)
})

test('every path that the documents name exists', t => {
  for (const name of [
    'README.md',
    'RATIONALE.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'guests/README.md',
    'scripts/README.md',
    'scripts/prebuild/README.md',
  ]) {
    const paths = readFileSync(join(root, name), 'utf8').matchAll(
      /`((?:lib|native|test|guests|scripts|bench|fuzz)\/[\w./-]*)`/g,
    )
    for (const [, path] of paths) t.true(existsSync(join(root, path)), `${name} names ${path}`)
  }
})

test('text files are checked out with LF on every system', t => {
  // native/sources.txt is read by lines, and git on Windows would end them in its own way.
  t.regex(readFileSync(join(root, '.gitattributes'), 'utf8'), /^\* text=auto eol=lf$/m)
})

test('no file of lib has a TODO, FIXME, XXX or HACK', t => {
  for (const file of files) t.notRegex(source(file), /\b(TODO|FIXME|XXX|HACK)\b/, file)
})

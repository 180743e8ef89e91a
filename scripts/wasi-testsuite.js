// Runs the programs of https://github.com/WebAssembly/wasi-testsuite for preview 1: by the command
// with both settings of rights, and adapted to components of WASI 0.2: by the command, which has
// hybrid bindings, and on a host with those of JavaScript.
//
//   npm run test:wasi-testsuite -- FOLDER            a checkout of its branch prod/testsuite-base
//   npm run test:wasi-testsuite -- FOLDER path_link  these tests
//   npm run test:wasi-testsuite -- FOLDER --way js   in one of the ways: enforce, access, component, js
//
// The programs are others' binaries, so they are not part of this repository, and nothing downloads
// them.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { componentOf, transpiled } from '#guests/components.js'
import { root } from './root.js'

const command = join(root, 'dist/bundle/cli.js')
/**
 * The number of programs for preview 1 that were compared. A checkout with fewer lacks something; a
 * newer one may have more.
 */
const least = 72
const minute = 60_000

/**
 * The tests that fail as a component, with the reason. wasmtime has the same outcome for each.
 */
const notAsComponent = new Map([
  ['args_get-multiple-arguments', 'ends by an assertion of the adapter'],
  ['environ_get-multiple-variables', 'ends by an assertion of the adapter'],
  [
    'fd_write-to-invalid-fd',
    'the adapter returns for no buffers before it looks at the descriptor',
  ],
  ['proc_exit-failure', 'wasi:cli/exit has no code other than 0 and 1'],
])
/**
 * @typedef {object} Way
 * @property {(program: string, asked: Asked) => Promise<Ran>} run
 * @property {Map<string, string>} meant the tests that fail there, with the reason
 */
/** @type {Record<string, Way>} */
const ways = {
  enforce: { run: byCommand('enforce'), meant: new Map() },
  access: {
    run: byCommand('access'),
    meant: new Map([
      [
        'truncation_rights',
        'gives up PATH_FILESTAT_SET_SIZE, and "access" keeps what it does not check',
      ],
    ]),
  },
  component: { run: componentByCommand, meant: notAsComponent },
  js: { run: componentOnHost, meant: notAsComponent },
}

/**
 * Ends with a message that says what to do.
 * @param {string} message
 * @returns {never}
 */
function wants(message) {
  console.error(`npm run test:wasi-testsuite -- FOLDER: ${message}
Expected a checkout of the branch with the compiled programs:
  git clone --branch prod/testsuite-base --depth 1 https://github.com/WebAssembly/wasi-testsuite FOLDER`)
  process.exit(1)
}

/**
 * The compiled programs for preview 1, of every language.
 * @param {string} folder
 */
function programsIn(folder) {
  const tests = join(folder, 'tests')
  if (!existsSync(tests)) wants(`there is no folder ${tests}`)
  const suites = readdirSync(tests)
    .map(language => join(tests, language, 'testsuite/wasm32-wasip1'))
    .filter(suite => existsSync(suite))
  const programs = suites.flatMap(suite =>
    readdirSync(suite)
      .filter(name => name.endsWith('.wasm'))
      .map(name => join(suite, name)),
  )
  if (programs.length === 0)
    wants(
      `no tests/*/testsuite/wasm32-wasip1 in ${folder} has a program: ` +
        'is it the branch of the sources?',
    )
  return programs
}

/**
 * @typedef {object} Specification
 * @property {string[]} args
 * @property {Record<string, string>} env
 * @property {number} exit_code
 * @property {string} [root]
 * @property {string} [stdout]
 * @property {string} [stderr]
 *
 * @typedef {Partial<Omit<Specification, 'stdout' | 'stderr'>> & {
 *   type: string, id?: 'stdout' | 'stderr', payload?: string }} Operation
 */
/**
 * The arguments and the expected outcome of a test, by doc/specification.md of the suite: the older form, or
 * a list of operations.
 * @param {string} program
 * @returns {Specification}
 */
function specificationOf(program) {
  const file = program.replace(/\.wasm$/, '.json')
  /** @type {Partial<Specification> & { operations?: Operation[] }} */
  const written = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  if (written.operations === undefined) return { args: [], env: {}, exit_code: 0, ...written }
  /** @type {Specification} */
  const one = { args: [], env: {}, exit_code: 0 }
  for (const { type, id = 'stdout', payload = '', ...more } of written.operations) {
    if (type === 'run' || type === 'wait') Object.assign(one, more)
    else if (type === 'read') one[id] = payload
    else throw new Error(`${file}: operation ${type} is not known`)
  }
  return one
}

/**
 * @typedef {{ args: string[], env: Record<string, string>, preopens: Record<string, string> }} Asked
 * @typedef {import('node:child_process').SpawnSyncReturns<string>} Ran
 */
/** @type {(args: string[]) => Ran} */
const node = args => spawnSync(process.execPath, args, { encoding: 'utf8', timeout: minute })

/** @type {(asked: Asked) => string[]} */
const optionsOf = ({ env, preopens }) => [
  ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ...Object.entries(preopens).flatMap(([name, path]) => ['--dir', `${path}::${name}`]),
]

/** @param {string} rights */
function byCommand(rights) {
  /** @type {Way['run']} */
  return async (program, asked) =>
    node([command, 'run', '--rights', rights, ...optionsOf(asked), program, ...asked.args])
}

/** @type {Way['run']} */
async function componentByCommand(program, asked) {
  const folder = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  try {
    const component = join(folder, basename(program))
    writeFileSync(component, await componentOf(readFileSync(program)))
    return node([command, 'run', '--no-cache', ...optionsOf(asked), component, ...asked.args])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @type {Way['run']} */
async function componentOnHost(program, { args, env, preopens }) {
  const folder = await transpiled(await componentOf(readFileSync(program)), 'js')
  const options = { args: [basename(program), ...args], env, preopens }
  return node([join(root, 'scripts/shared/run-component.js'), folder, JSON.stringify(options)])
}

/**
 * Runs a program in a copy of its folder. Resolves with the difference of its outcome from the
 * expected one, or undefined.
 * @param {string} program
 * @param {string} way
 */
async function faultOf(program, way) {
  const { args, env, root, exit_code, stdout, stderr } = specificationOf(program)
  const scratch = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  try {
    if (root) cpSync(join(dirname(program), root), join(scratch, 'root'), { recursive: true })
    const preopens = root ? { '/': join(scratch, 'root') } : {}
    const ran = await /** @type {Way} */ (ways[way]).run(program, {
      args,
      env,
      preopens,
    })
    if (ran.error !== undefined) return String(ran.error)
    if (ran.status !== exit_code)
      return `exit code ${ran.status ?? ran.signal}, expected ${exit_code}\n${ran.stderr}`
    if (stdout !== undefined && ran.stdout !== stdout)
      return `stdout ${JSON.stringify(ran.stdout)}, expected ${JSON.stringify(stdout)}`
    if (stderr !== undefined && ran.stderr !== stderr)
      return `stderr ${JSON.stringify(ran.stderr)}, expected ${JSON.stringify(stderr)}`
    return undefined
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const { values, positionals } = parseArgs({
  options: { way: { type: 'string', multiple: true, default: Object.keys(ways) } },
  allowPositionals: true,
})
const [folder, ...chosen] = positionals
if (folder === undefined) wants('missing FOLDER')
for (const way of values.way)
  if (!Object.hasOwn(ways, way))
    wants(`--way ${way}: expected one of ${Object.keys(ways).join(', ')}`)
const all = programsIn(folder)
/** @param {string} program */
const nameOf = program => basename(program, '.wasm')
const programs = chosen.length === 0 ? all : all.filter(program => chosen.includes(nameOf(program)))
for (const name of chosen)
  if (!all.some(program => nameOf(program) === name)) wants(`there is no test ${name}`)
if (all.length < least) wants(`${all.length} programs, expected at least ${least}`)

for (const way of values.way) {
  const { meant } = /** @type {Way} */ (ways[way])
  let passed = 0
  /** @param {string} message */
  const fail = message => {
    console.error(`not ok, ${way}: ${message}`)
    process.exitCode = 1
  }
  for (const program of programs) {
    const name = nameOf(program)
    const fault = await faultOf(program, way)
    if (fault === undefined) passed++
    if (fault === undefined && meant.has(name))
      fail(`${name} passes, and is expected to fail: ${meant.get(name)}`)
    if (fault !== undefined && meant.has(name))
      console.log(`${way}: ${name} fails as expected: ${meant.get(name)}`)
    if (fault !== undefined && !meant.has(name)) fail(`${name}: ${fault}`)
  }
  console.log(`${way}: ${passed} of ${programs.length} passed`)
}

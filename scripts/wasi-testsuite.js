// Runs the programs of https://github.com/WebAssembly/wasi-testsuite by the command, with both
// settings of rights.
//
//   npm run test:wasi-testsuite -- FOLDER            a checkout of its branch prod/testsuite-base
//   npm run test:wasi-testsuite -- FOLDER path_link  these tests
//
// The programs are others' binaries, so they are not part of this repository, and nothing downloads
// them.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { basename, dirname, join } from 'node:path'
import { root } from './root.js'

const command = join(root, 'dist/bundle/cli.js')
/**
 * The number of programs for preview 1 that were compared. A checkout with fewer lacks something; a
 * newer one may have more.
 */
const least = 72
const minute = 60_000

/** The tests that may fail, for each setting of rights, with the reason. */
/** @type {Record<string, Map<string, string>>} */
const meant = {
  enforce: new Map(),
  access: new Map([
    [
      'truncation_rights',
      'gives up PATH_FILESTAT_SET_SIZE, and "access" keeps what it does not check',
    ],
  ]),
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
 * Runs a program in a copy of its folder. What is wrong with the outcome, or undefined.
 * @param {string} program
 * @param {string} rights
 */
function faultOf(program, rights) {
  const { args, env, root, exit_code, stdout, stderr } = specificationOf(program)
  const scratch = mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  try {
    const options = [
      '--rights',
      rights,
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ]
    if (root) {
      cpSync(join(dirname(program), root), join(scratch, 'root'), { recursive: true })
      options.push('--dir', `${join(scratch, 'root')}::/`)
    }
    const ran = spawnSync(process.execPath, [command, 'run', ...options, program, ...args], {
      encoding: 'utf8',
      timeout: minute,
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

const [folder, ...chosen] = process.argv.slice(2)
if (folder === undefined) wants('missing FOLDER')
const all = programsIn(folder)
/** @param {string} program */
const nameOf = program => basename(program, '.wasm')
const programs = chosen.length === 0 ? all : all.filter(program => chosen.includes(nameOf(program)))
for (const name of chosen)
  if (!all.some(program => nameOf(program) === name)) wants(`there is no test ${name}`)
if (all.length < least) wants(`${all.length} programs, expected at least ${least}`)

for (const [rights, known] of Object.entries(meant)) {
  let passed = 0
  /** @param {string} message */
  const fail = message => {
    console.error(`not ok, --rights ${rights}: ${message}`)
    process.exitCode = 1
  }
  for (const program of programs) {
    const name = nameOf(program)
    const fault = faultOf(program, rights)
    if (fault === undefined) passed++
    if (fault === undefined && known.has(name))
      fail(`${name} passes, and is expected to fail: ${known.get(name)}`)
    if (fault !== undefined && known.has(name))
      console.log(`--rights ${rights}: ${name} fails as expected: ${known.get(name)}`)
    if (fault !== undefined && !known.has(name)) fail(`${name}: ${fault}`)
  }
  console.log(`--rights ${rights}: ${passed} of ${programs.length} passed`)
}

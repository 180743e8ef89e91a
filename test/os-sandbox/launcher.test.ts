/**
 * wasi-common-sandbox by itself: its arguments, and the state of a process before the program
 * begins.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { sandboxCommand } from '#lib/sys/native/launcher.js'
import { addonFile } from '#lib/sys/native/sys.js'
import { failing, withFailing } from '../sys/failing.js'
import { asEachUser, give, identity, program, scratch, type User, withSandbox } from './fixture.js'

/**
 * The launcher's words for a script in the OS sandbox, and the options of a process of the user.
 */
function behind(t: Parameters<typeof scratch>[0], script: string, user: User = process.getuid?.()) {
  const folder = scratch(t)
  fs.writeFileSync(join(folder, 'script.cjs'), script)
  give(folder, user)
  const program = [join(folder, 'script.cjs')]
  const command = sandboxCommand({
    strict: true,
    folders: [{ path: folder, readOnly: true }],
    channel: 3,
    control: 4,
    program,
  })
  return { ...command, own: { env: command.env, ...identity(user) } }
}

withSandbox(
  'the launcher reports the OS sandbox first, then runs the program without an environment',
  async t => {
    const { file, args, env } = behind(
      t,
      'console.log(process.argv.length, Object.keys(process.env), process.execPath)',
    )
    process.env.WASI_COMMON_SECRET = 'x'
    const { stdout, output, status } = spawnSync(file, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'],
    })
    delete process.env.WASI_COMMON_SECRET
    t.is(status, 0)
    t.regex(stdout, /^2 \[( 'LD_LIBRARY_PATH',)? 'OPENSSL_CONF' \] \S+\n$/)
    t.is(output[3], '', 'the channel is for the program alone')
    t.regex(String(output[4]), /^\{"kind":"sandbox",[^\n]*\}\n$/)
  },
)

asEachUser(
  withSandbox,
  'inherited descriptors and the launcher’s own are closed in the program',
  (t, user) => {
    const secret = fs.openSync(join(scratch(t), 'secret'), 'w')
    t.teardown(() => fs.closeSync(secret))
    const { ino } = fs.fstatSync(secret)
    // Node has others at these numbers, of which none is a socket.
    const script = `const fs = require('node:fs')
    for (const fd of [4, 5, 10]) try { const file = fs.fstatSync(fd); console.log(file.isSocket() || file.ino === ${ino}) } catch (error) { console.log(error.code) }`
    const { file, args, own } = behind(t, script, user)
    const stdio = [
      'ignore',
      'pipe',
      'inherit',
      'pipe',
      'pipe',
      secret,
      ...new Array(4).fill('ignore'),
      secret,
    ] as never
    const inside = spawnSync(file, args, { ...own, encoding: 'utf8', stdio })
    t.notRegex(inside.stdout, /true/)
    t.is(inside.stdout.split('\n').length, 4)
    const outside = spawnSync(process.execPath, args.slice(args.indexOf('--') + 2), {
      ...identity(user),
      encoding: 'utf8',
      stdio,
    })
    t.is(outside.stdout, 'true\ntrue\ntrue\n')
  },
)

/**
 * A process behind the sandbox that has written something, and the number of the one that its
 * launcher started.
 */
async function started({
  file,
  args,
  own,
}: ReturnType<typeof behind>): Promise<{ launcher: ChildProcess; child: number }> {
  const launcher = spawn(file, args, {
    ...own,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'],
  })
  await once(launcher.stdout as NodeJS.ReadableStream, 'data')
  const child = Number(
    fs.readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8'),
  )
  return { launcher, child }
}
const exists = (pid: number): boolean => fs.existsSync(`/proc/${pid}`)
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(10)
}
const waits = 'console.log("there"); setInterval(() => {}, 60_000)'

asEachUser(
  withSandbox,
  'the program has no_new_privs, and at most the capabilities about file modes',
  async (t, user) => {
    // The host reads /proc for the process, which may not read it itself.
    const { launcher, child } = await started(behind(t, waits, user))
    const status = fs.readFileSync(`/proc/${child}/status`, 'utf8')
    const own = fs.readFileSync(`/proc/${launcher.pid}/status`, 'utf8')
    launcher.kill('SIGKILL')
    const field = (name: string, of = status): bigint =>
      BigInt(`0x${new RegExp(`^${name}:\t([0-9a-f]+)$`, 'm').exec(of)?.[1]}`)
    t.is(field('NoNewPrivs'), 1n)
    t.is(field('Seccomp'), 2n)
    const aboutModes = 0b1110n
    for (const set of ['CapPrm', 'CapEff', 'CapAmb', ...(user === 0 ? ['CapBnd'] : [])])
      t.is(field(set) & ~aboutModes, 0n, set)
    for (const set of ['CapPrm', 'CapEff', 'CapInh', 'CapAmb'])
      t.is(field(set, own), 0n, `${set} of the launcher`)
  },
)

asEachUser(
  withSandbox,
  'the program has limits on resources counted by user, and is the OOM killer’s first choice',
  async (t, user) => {
    const { launcher, child } = await started(behind(t, waits, user))
    const limits = fs.readFileSync(`/proc/${child}/limits`, 'utf8')
    const score = fs.readFileSync(`/proc/${child}/oom_score_adj`, 'utf8').trim()
    const threads = Number(/\/(\d+)/.exec(fs.readFileSync('/proc/loadavg', 'utf8'))?.[1])
    launcher.kill('SIGKILL')
    const limit = (name: string): number =>
      Number(new RegExp(`^${name} +(?:\\S+) +(\\S+)`, 'm').exec(limits)?.[1])
    t.is(limit('Max open files'), 1024)
    t.deepEqual(
      [
        'Max core file size',
        'Max pending signals',
        'Max locked memory',
        'Max msgqueue size',
        'Max realtime priority',
        'Max nice priority',
      ].map(limit),
      [1, 64, 0, 0, 0, 0],
    )
    t.true(limit('Max processes') <= threads + 8192, limits)
    t.is(score, '1000')
  },
)

asEachUser(withSandbox, 'the launcher dies with its host', async (t, user) => {
  const { file, args, env } = behind(t, 'console.log(1); setInterval(() => {}, 1000)', user)
  // Another host, whose process identifier is in the launcher's arguments.
  const own = (pid: string): string =>
    `[${args.map(arg => JSON.stringify(arg)).join(',')}].map(arg => arg === ${JSON.stringify(String(process.pid))} ? String(${pid}) : arg)`
  const host = `const { spawn } = require('node:child_process')
    spawn(${JSON.stringify(file)}, ${own('process.pid')}, { env: ${JSON.stringify(env)}, stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] })
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', host], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...identity(user),
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  // Its standard output ends when the last process that holds it ends.
  t.is(await text(child.stdout), '')
})

asEachUser(
  withSandbox,
  'the program is killed and reaped when its host closes the control channel, or terminates the launcher',
  async (t, user) => {
    const ends: ((launcher: ChildProcess) => void)[] = [
      launcher => (launcher.stdio[4] as Duplex).destroy(),
      launcher => void launcher.kill('SIGTERM'),
    ]
    for (const end of ends) {
      const { launcher, child } = await started(behind(t, waits, user))
      end(launcher)
      t.deepEqual(await once(launcher, 'exit'), [null, 'SIGKILL'])
      t.false(exists(child))
    }
  },
)

asEachUser(withSandbox, 'the program dies with its launcher', async (t, user) => {
  const { launcher, child } = await started(behind(t, waits, user))
  launcher.kill('SIGKILL')
  await until(() => !exists(child) || / Z /.test(fs.readFileSync(`/proc/${child}/stat`, 'utf8')))
  t.pass()
})

withSandbox(
  'terminal signals reach the program, and the launcher ends as the program did',
  async t => {
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTSTP', 'SIGUSR1'] as const) {
      const { launcher } = await started(
        behind(t, `process.on('SIGCONT', () => process.exit(9)); ${waits}`),
      )
      launcher.kill(signal)
      await sleep(50)
      t.is(launcher.exitCode ?? launcher.signalCode, null, signal)
      launcher.kill('SIGKILL')
    }
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT'] as const) {
      const { launcher } = await started(
        behind(t, `console.log(1); setTimeout(() => process.kill(process.pid, '${signal}'), 20)`),
      )
      t.deepEqual(await once(launcher, 'exit'), [null, signal])
    }
    const { launcher } = await started(behind(t, 'console.log(1); process.exitCode = 7'))
    t.deepEqual(await once(launcher, 'exit'), [7, null])
  },
)

const asRoot =
  process.getuid?.() === 0
    ? withSandbox
    : (title: string): void => test.skip(`${title} [wants root]`, () => {})
asRoot(
  'a host that has given up root ends the program by the control channel, though it cannot kill it',
  async t => {
    const { file, args, env } = behind(t, waits)
    const own = `${JSON.stringify(args)}.map(arg => arg === ${JSON.stringify(String(process.pid))} ? String(process.pid) : arg)`
    const host = `const { spawn } = require('node:child_process')
    const launcher = spawn(${JSON.stringify(file)}, ${own}, { env: ${JSON.stringify(env)}, stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] })
    launcher.on('error', error => console.log(error.code))
    launcher.on('exit', (code, signal) => console.log(code, signal))
    launcher.stdout.once('data', () => {
      process.setgid(65534)
      process.setuid(65534)
      launcher.kill('SIGKILL')
      launcher.stdio[4].destroy()
    })`
    const { stdout } = spawnSync(process.execPath, ['-e', host], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    t.is(stdout, 'EPERM\nnull SIGKILL\n')
  },
)

asRoot(
  'without /proc, Node names its libraries; where it does not, require refuses and best-effort allows all of the system’s',
  t => {
    const tried = (...words: string[]): string => {
      const script = 'mount -t tmpfs none /proc && exec "$0" "$@"'
      return spawnSync(
        'unshare',
        ['-m', 'sh', '-c', script, process.execPath, program('runner.js'), ...words],
        { encoding: 'utf8' },
      ).stdout
    }
    if (spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/proc']).status !== 0) {
      t.pass('a container that may not mount')
      return
    }
    t.regex(tried('require'), /^\{"exitCode":5,/)
    t.regex(
      tried('require', 'unreported'),
      /^ERR_WASI_OS_SANDBOX_UNAVAILABLE osSandbox: 'require' needs the names of Node's libraries/,
    )
    t.regex(tried('best-effort', 'unreported'), /^\{"exitCode":5,/)
  },
)

withSandbox('the launcher waits without using the processor', async t => {
  const { launcher } = await started(behind(t, waits))
  const ticks = (): number => {
    const fields = fs.readFileSync(`/proc/${launcher.pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  const before = ticks()
  await sleep(300)
  t.true(ticks() - before <= 1)
  launcher.kill('SIGKILL')
})

withSandbox('a launcher whose parent is not the named host refuses to run', async t => {
  const { file, args, env } = behind(t, 'console.log("there")')
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] as never
  const { stdout, status } = spawnSync(file, args.with(args.indexOf('--parent') + 1, '1'), {
    env,
    encoding: 'utf8',
    stdio,
  })
  t.deepEqual([stdout, status], ['', 69])
})

withSandbox('a missing or non-executable program is reported', async t => {
  const { file } = behind(t, '')
  const tried = (...words: string[]) =>
    spawnSync(file, ['--tell', '1', ...words], { encoding: 'utf8' })
  t.is(
    tried('--read', '/', '--', '/missing').stdout,
    '{"kind":"broken","call":"open","error":2,"file":1}\n',
  )
  t.is(
    tried('--', '/missing').stderr,
    'wasi-common-sandbox: open failed for /missing: No such file or directory\n',
  )
  const broken =
    /^\{"kind":"sandbox",.*\}\n\{"kind":"broken","call":"execveat","error":13,"file":2\}\n$/
  t.regex(tried('--read', '/usr', '--read', '/missing', '--', '/bin/sh').stdout, broken)
  for (const words of [[], ['--'], ['--odd', '1', '--', 'x'], ['--read']]) {
    const { status, stderr } = tried(...words)
    t.is(status, 64, words.join(' '))
    t.regex(
      stderr,
      /^wasi-common-sandbox: invalid arguments\nusage: wasi-common-sandbox \[--strict\] /,
    )
  }
})

withFailing(
  '--strict on a kernel without Landlock: stderr names what it needs and what there is',
  t => {
    const { file } = behind(t, '')
    const words = ['landlock_create_ruleset', '38', file, '--strict', '--', process.execPath]
    const { status, stdout, stderr } = spawnSync(failing, words, { encoding: 'utf8' })
    t.deepEqual([status, stdout], [69, ''])
    t.is(
      stderr,
      'wasi-common-sandbox: --strict: needs Landlock ABI 3 and seccomp; this kernel has Landlock ABI 0, seccomp: yes\n',
    )
  },
)

test('the launcher is in the folder of the addon', t => {
  if (process.platform === 'linux')
    t.true(fs.existsSync(join(dirname(addonFile()), 'wasi-common-sandbox')))
  else
    t.throws(
      () => sandboxCommand({ strict: false, folders: [], channel: 3, control: 4, program: [] }),
      {
        code: 'ERR_WASI_OS_SANDBOX_UNAVAILABLE',
      } as object,
    )
})

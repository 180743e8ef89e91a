/**
 * The command on a bare host: no HOME and no other variable, a read-only root, and standard input
 * that is late or non-blocking.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { call, command, load, store, write } from '../wasm.js'

const main = fileURLToPath(import.meta.resolve('#bundle/cli.js'))
const backends = ['native', 'typescript'] as const
const isolations = ['worker', 'process'] as const

/** Reads standard input once, prints it and exits with 7. */
const reader = command([
  ...[
    store(0x30, 0x2000),
    store(0x34, 0x100),
    store(0x38, 0),
    store(0x500, call('fd_read', 0, 0x30, 1, 0x38)),
  ],
  ...write(1, 0x2000, load(0x38)),
  call('proc_exit', 7),
])

function folderOf(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  fs.writeFileSync(join(folder, 'reader.wasm'), reader)
  return folder
}

const linux = process.platform === 'linux'
for (const backend of backends) {
  test(`the command without HOME and any other variable runs a guest (${backend})`, t => {
    const folder = folderOf(t)
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [main, 'run', '--backend', backend, '--dir', `${folder}::/`, join(folder, 'reader.wasm')],
      { input: 'text', encoding: 'utf8', env: {}, cwd: '/' },
    )
    t.deepEqual({ status, stdout, stderr }, { status: 7, stdout: 'text', stderr: '' })
  })

  test(`the command reads standard input that comes late (${backend})`, async t => {
    const file = join(folderOf(t), 'reader.wasm')
    const child = spawn(process.execPath, [main, 'run', '--backend', backend, file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    setTimeout(() => child.stdin.end('late'), 1000)
    const [status] = await once(child, 'close')
    t.deepEqual({ status, stdout }, { status: 7, stdout: 'late' })
  })

  const python = spawnSync('python3', ['--version']).status === 0
  const nonBlocking = `the command waits for a standard input that the host made non-blocking (${backend})`
  if (!python || !linux) test.skip(`${nonBlocking} [there is no python3 to make one]`, () => {})
  else
    test(nonBlocking, t => {
      const file = join(folderOf(t), 'reader.wasm')
      // The pipe is empty when the guest reads: the flag must not become AGAIN, and must still be
      // set afterwards.
      const script = `
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(r, False)
child = subprocess.Popen(sys.argv[1:], stdin=r)
time.sleep(1)
os.write(w, b'later')
os.close(w)
status = child.wait()
sys.exit(status if not os.get_blocking(r) else 99)`
      const { status, stdout, stderr } = spawnSync(
        'python3',
        ['-c', script, process.execPath, main, 'run', '--backend', backend, file],
        {
          encoding: 'utf8',
        },
      )
      t.deepEqual({ status, stdout, stderr }, { status: 7, stdout: 'later', stderr: '' })
    })
}

const unshared =
  linux &&
  spawnSync('unshare', [
    '-m',
    'sh',
    '-c',
    'mount --bind -o ro / /mnt && ! touch /mnt/x 2>/dev/null',
  ]).status === 0
for (const isolation of isolations) {
  const title = `the command on a read-only root runs a guest and writes nothing (${isolation})`
  if (!unshared) {
    test.skip(`${title} [mounts cannot be made here]`, () => {})
    continue
  }
  test(title, t => {
    const folder = folderOf(t)
    // Every mount becomes read-only, also that of the temporary folder.
    const script =
      'for m in $(cut -d" " -f2 /proc/mounts); do mount -o remount,bind,ro "$m" 2>/dev/null; done; touch "$0" 2>/dev/null && exit 98; exec "$@"'
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        ...[
          '-m',
          'sh',
          '-c',
          script,
          join(folder, 'x'),
          process.execPath,
          main,
          'run',
          '--isolation',
          isolation,
        ],
        ...['--dir', `${folder}::/::ro`, join(folder, 'reader.wasm')],
      ],
      { input: 'text', encoding: 'utf8', env: { PATH: process.env.PATH } },
    )
    t.deepEqual({ status, stdout, stderr }, { status: 7, stdout: 'text', stderr: '' })
  })
}

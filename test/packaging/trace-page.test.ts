/** Every command in docs/trace.md prints what the page says. */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test from 'ava'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = fs.readFileSync(join(root, 'docs/trace.md'), 'utf8')
/** The commands, each with what it prints. */
const commands = [...page.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block]) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map(text => {
      const [line, ...printed] = text.split('\n')
      return { line, printed: printed.join('\n') }
    }),
)
/**
 * The calls that a component's trace shows, and what the component wrote, apart: its output comes
 * by another way than its trace, so a line of the trace may stand within a line of its output.
 */
function apart(text: string): { calls: string[]; output: string } {
  const lines = text.split('\n')
  const isCall = (line: string): boolean => /^[\w.-]+\(.*\) = /.test(line)
  return {
    calls: lines.filter(isCall),
    output: lines.filter(line => !isCall(line)).join(''),
  }
}
const register = process.platform === 'win32' ? test.skip : test

register('the commands of docs/trace.md print what it says', t => {
  // The guest is compiled when it is first wanted.
  t.timeout(400_000)
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'wasi-common-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  const programs = pathToFileURL(join(root, 'examples/program.js')).href
  const components = pathToFileURL(join(root, 'guests/components.js')).href
  const making = `import { program } from '${programs}'
    import { writeFileSync } from 'node:fs'
    import { componentOf } from '${components}'
    const module = program('read')
    writeFileSync('read.wasm', module)
    writeFileSync('read.component.wasm', await componentOf(module))`
  execFileSync(process.execPath, ['--input-type=module', '-e', making], { cwd: folder })
  fs.mkdirSync(join(folder, 'data'))
  fs.writeFileSync(join(folder, 'data/greeting.txt'), 'hello\n')
  fs.symlinkSync('/srv/greeting.txt', join(folder, 'data/latest'))
  t.true(commands.length > 5)
  for (const { line, printed } of commands) {
    const script = `wasi-common() { "$node" "$cli" "$@"; }; ${line} 2>&1`
    const { stdout } = spawnSync('bash', ['--norc', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        node: process.execPath,
        cli: join(root, 'dist/bundle/cli.js'),
      },
    })
    if (line.includes('.component.wasm')) t.deepEqual(apart(stdout), apart(printed), line)
    else t.is(stdout, printed, line)
  }
})

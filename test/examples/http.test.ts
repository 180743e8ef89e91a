/** examples/http/: 200 requests at once, a client that goes away, and a server that is stopped. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { folder, Program } from './program.js'

test('examples/http/ answers 200 requests at once and ends the guest of a client that left', async t => {
  t.timeout(120_000)
  const server = Program.example('http/server.js', [], { PORT: '0' })
  t.teardown(() => server.kill())
  const [, origin = ''] = await server.line(/listening at (.*)/)

  const load = Program.example('http/load.js', [origin])
  t.teardown(() => load.kill())
  t.is(await load.ended, 0, load.errors)
  const [, promised = ''] = readFileSync(join(folder, 'http/load.js'), 'utf8').split('// Prints:\n')
  t.is(load.output, promised.replace(/^\/\/ ?/gm, ''))

  // Windows has no signals: there, kill() ends a process at once.
  if (process.platform === 'win32') return
  server.process.kill('SIGTERM')
  t.is(await server.ended, 0)
})

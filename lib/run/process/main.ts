/** The process of a guest in the OS sandbox: asked once on descriptor 3, it runs the guest as any process does, and reports the outcome. */
import { readSync, writeSync } from 'node:fs'
import { deserialize } from 'node:v8'
import { newCounts } from '../../observe/metrics.js'
import type { Settings } from '../../options/settings.js'
import { Deadline } from '../deadline.js'
import { compiled } from '../module/compile.js'
import { versionOf } from '../module/inspect.js'
import { runSettings } from '../run-module.js'
import { termsOf } from '../settings.js'
import { type Message, type ToldError, toldError } from '../worker/messages.js'
import { channel, lineOf, type Request, shortened } from './protocol.js'

function read(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const size = readSync(channel, bytes, at, length - at, null)
    if (size === 0) throw new Error('the host went away')
    at += size
  }
  return bytes
}

/** It is written when this returns: who talks faster than the host listens waits. */
function tell(message: Message): void {
  const bytes = Buffer.from(lineOf(message))
  for (let at = 0; at < bytes.length; ) at += writeSync(channel, bytes, at)
}

/** A thrown value as it goes into a line. */
const sent = (thrown: unknown): ToldError => shortened(toldError(thrown))

async function live(): Promise<Message> {
  try {
    const request: Request = deserialize(read(read(4).readUInt32LE()))
    const { bytes, settings, version, threads, maxMemory, maxTableElements, maxStack, traced, measured } = request
    const [terms] = termsOf({ threads, maxMemory, maxTableElements, maxStack, stdin: 0, stdout: 1, stderr: 2 })
    const program = await compiled(bytes, terms)
    const own: Settings = {
      ...settings,
      version: version ?? versionOf(program.module),
      counts: measured ? newCounts() : undefined,
      trace: traced ? line => tell({ kind: 'trace', line }) : undefined,
      report: ({ call, cause }) => tell({ kind: 'unexpected', call, cause: sent(cause) }),
    }
    const { exitCode, metrics } = await runSettings(program, own, terms, new Deadline(terms))
    return { kind: 'exit', code: exitCode, metrics }
  } catch (error) {
    return { kind: 'failed', error: sent(error) }
  }
}

live().then(tell)
